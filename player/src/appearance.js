// Light, dark, or what the system says.
import { $, text } from './dom.js';

const THEMES = ['auto', 'light', 'dark'];

export function setUpTheme() {
  show(document.documentElement.dataset.theme ?? 'auto');
  $('theme').addEventListener('click', () => {
    const now = document.documentElement.dataset.theme ?? 'auto';
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    if (next === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      localStorage.setItem('edgepack-theme', next);
    } catch {
      // Kept for this visit only.
    }
    show(next);
  });
}

function show(theme) {
  text($('theme-name'), theme[0].toUpperCase() + theme.slice(1));
  $('theme').setAttribute('aria-label', `Theme: ${theme}`);
}
