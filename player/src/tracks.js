// The menus of what is heard and what is read.
import { $, make } from './dom.js';

const OFF = '';

export class Tracks {
  // `audio(id)`, `text(id | null)`: what a choice does.
  constructor({ audio, text }) {
    $('audio').addEventListener('change', ({ target }) => audio(target.value));
    $('text').addEventListener('change', ({ target }) => text(target.value === OFF ? null : target.value));
    this.clear();
  }

  clear() {
    this.show({ audios: [], texts: [], audio: null, text: null });
  }

  show({ audios, texts, audio, text }) {
    // One sound alone is no choice.
    fill('audio', audios.length > 1 ? options(audios) : [], audio?.id);
    fill('text', texts.length ? [{ value: OFF, label: 'Off' }, ...options(texts)] : [], text?.id ?? OFF);
  }
}

const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'code' });

const options = (tracks) => tracks.map((track, at) => ({ value: track.id, label: track.label || languageName(track) || `Track ${at + 1}` }));

function languageName({ language }) {
  if (!language || language === 'und') return '';
  try {
    return names.of(language);
  } catch {
    return language;
  }
}

// Rewritten only when the tracks changed: a menu that is open would close.
function fill(name, list, chosen) {
  const select = $(name);
  const key = JSON.stringify(list);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...list.map(({ value, label }) => make('option', { value, textContent: label })));
  }
  $(`${name}-menu`).hidden = list.length === 0;
  if (list.length && select.value !== chosen) select.value = chosen ?? '';
}
