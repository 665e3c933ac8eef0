import { z } from 'zod';
import { isSecret } from './config.js';

/**
 * Writes the settings of one app as a Markdown table, from the schema that also checks them.
 * @param heading of the section
 */
export function renderConfigurationDoc(heading: string, schema: z.ZodObject): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(schema.shape).map(([name, setting]) => {
    const json = properties[name];
    const described = typeof json === 'object' ? json : {};
    const meaning = described.description ?? '';
    if (meaning === '') throw new Error(`the setting ${name} has no description`);
    const secret = isSecret(unwrapped(setting as z.ZodType)) ? ' *(secret)*' : '';
    return `| \`${name}\` | ${cell(meaning)}${secret} | ${usual(name, described.default, required)} |`;
  });
  return [`## ${heading}`, '', '| Setting | Meaning | Default |', '| --- | --- | --- |', ...rows, ''].join(
    '\n',
  );
}

function usual(name: string, value: unknown, required: readonly string[]): string {
  if (value !== undefined) return `\`${cell(JSON.stringify(value).replace(/^"|"$/g, ''))}\``;
  return required.includes(name) ? '**required**' : '–';
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap() as z.ZodType;
  return inner;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
