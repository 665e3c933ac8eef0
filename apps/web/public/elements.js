/**
 * Makes an element. Texts go in as text: nothing that somebody wrote elsewhere is ever read as HTML.
 * @param {Record<string, string | boolean | undefined>} attributes true stands for one without a value, false for none
 * @param {(Node | string)[]} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** A list of names and what they stand for; those without a value are left out. */
export function facts(entries) {
  const rows = Object.entries(entries).filter(([, value]) => value !== undefined && value !== null);
  return element(
    'dl',
    {},
    ...rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}

/** A moment in the reader's own language and zone. */
export function moment(iso) {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** Puts the cursor, and a screen reader, at the beginning of what has just come. */
export function goTo(heading) {
  heading.setAttribute('tabindex', '-1');
  heading.focus();
}
