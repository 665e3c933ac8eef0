import { element } from './elements.js';
import { sentenceFor } from './sentences.js';

let count = 0;

/**
 * A field with its label.
 * @param {{ label: string, name: string, hint?: string } & Record<string, string | boolean>} field the rest are the input's own attributes
 */
export function field({ label, hint, ...attributes }) {
  const id = newId();
  const described = hint === undefined ? {} : { 'aria-describedby': `${id}-hint` };
  const parts = [
    element('label', { for: id }, label),
    element('input', {
      id,
      type: 'text',
      autocomplete: 'off',
      spellcheck: 'false',
      ...described,
      ...attributes,
    }),
  ];
  if (hint !== undefined) parts.push(element('p', { id: `${id}-hint`, class: 'hint' }, hint));
  return element('div', { class: 'field' }, ...parts);
}

/** One of several, each with words of its own. @param {Record<string, string>} choices */
export function choice({ label, name, choices }) {
  const id = newId();
  const options = Object.entries(choices).map(([value, words]) => element('option', { value }, words));
  return element(
    'div',
    { class: 'field' },
    element('label', { for: id }, label),
    element('select', { id, name }, ...options),
  );
}

/** Any of several. @param {Record<string, string>} choices */
export function choices({ label, name, choices: all }) {
  const boxes = Object.entries(all).map(([value, words]) =>
    element('label', { class: 'check' }, element('input', { type: 'checkbox', name, value }), words),
  );
  return element('fieldset', {}, element('legend', {}, label), ...boxes);
}

/**
 * A form that does its work here, in the page.
 * @param {{ button: string, fields: Node[], work: (values: FormData) => Promise<void> }} parts
 */
export function form({ button, fields, work }) {
  const submit = element('button', { type: 'submit' }, button);
  const complaint = alertBox();
  const made = element('form', {}, ...fields, submit, complaint);
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(submit, complaint, async () => {
      await work(new FormData(made));
      made.reset();
    });
  });
  return made;
}

/** A button with its own place for what goes wrong. */
export function action(words, work, attributes = {}) {
  const button = element('button', { type: 'button', ...attributes }, words);
  const complaint = alertBox();
  button.addEventListener('click', () => void attempt(button, complaint, work));
  return element('div', { class: 'action' }, button, complaint);
}

/** Does something at somebody's wish, once at a time, and says in a sentence what goes wrong. */
export async function attempt(control, complaint, work) {
  if (control.getAttribute('aria-disabled') === 'true') return;
  // Not `disabled`: that would take the focus away from whoever uses a keyboard.
  control.setAttribute('aria-disabled', 'true');
  complaint.textContent = '';
  try {
    await work();
  } catch (error) {
    complaint.textContent = sentenceFor(error);
  } finally {
    control.removeAttribute('aria-disabled');
  }
}

function alertBox() {
  return element('p', { class: 'trouble', role: 'alert' });
}

function newId() {
  count += 1;
  return `field-${count}`;
}
