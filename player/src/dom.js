// The page's elements, and making more of them.

export const $ = (id) => document.getElementById(id);

// Sets text without touching the document when nothing changed.
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// A group of radio buttons drawn as one control. Options: { value, label, detail, disabled, reason }.
export function radios(container, name, options, checked, onChange) {
  const focused = container.contains(document.activeElement) && document.activeElement.value;
  container.replaceChildren(
    ...options.map(({ value, label, detail, disabled, reason }) => {
      const input = make('input', {
        type: 'radio', name, value, checked: value === checked, disabled: Boolean(disabled),
      });
      input.addEventListener('change', () => onChange(value));
      const words = make('span', { className: 'option' }, make('span', { className: 'option-label', textContent: label }));
      if (detail) words.append(make('span', { className: 'option-detail', textContent: detail }));
      return make('label', { title: reason ?? '' }, input, words);
    }),
  );
  if (focused) container.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
}

export async function copy(value, button) {
  const label = button.dataset.label ?? button.textContent;
  button.dataset.label = label;
  let copied = true;
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    copied = copyBySelection(value);
  }
  button.textContent = copied ? 'Copied' : 'Press Ctrl+C';
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = setTimeout(() => { button.textContent = label; }, 1500);
}

// The clipboard interface is missing on plain HTTP beyond localhost.
function copyBySelection(value) {
  const area = make('textarea', { value, className: 'off-screen', readOnly: true });
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
