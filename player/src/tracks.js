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

const options = (tracks) => tracks.map(({ id, label, language }) => ({ value: id, label: label || language || 'Unnamed' }));

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
