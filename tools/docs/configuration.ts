import { renderConfigurationDoc } from '@integument/http';
import { apiConfig } from '../../apps/api/src/config.js';
import { vaultConfig } from '../../apps/vault/src/config.js';
import { webConfig } from '../../apps/web/src/config.js';
import { OF_LIMITS, OF_MAIL, OF_SIGN_IN, OF_THE_LOG } from '../run/children.js';
import { LISTENERS } from '../run/settings.js';
import { GENERATED } from './generated.js';

const INTRODUCTION = `# Configuration

${GENERATED}

Each app reads its settings from environment variables, all before anything else starts. Missing and wrong ones are named together and never shown; the app then doesn't start.
For the vault and the API an empty variable counts as absent. Secrets are never settings themselves: a setting names the file that holds one.

\`make run\` makes every secret and gives every app its settings; only those of its own section below are yours.
`;

const APPS = `Both the API and its worker (\`apps/api/src/worker.ts\`) read the section of apps/api.
`;

const AT_EMBEDDED = `## make run

| Setting | Meaning | Default |
| --- | --- | --- |
| \`INTEGUMENT_DATA\` | Folder for databases, keys and logs, from the project's folder | \`.data\` |
| \`VAULT_DATABASE_URL\` | A PostgreSQL of your own in place of the embedded one, on loopback: the embedded keyring refuses another | – |
| \`PLATFORM_DATABASE_URL\` | The same for the platform's database | – |
`;

const PASSED_ON = `
Passed on to the apps that know them: \`LOG_LEVEL\`, \`VAULT_DATABASE_POOL\`, \`VAULT_CATALOGUE_FILE\`, \`PLATFORM_DATABASE_POOL\`, \`QUEUE_URL\`, \`GATE_PATIENCE_SECONDS\`, \`COHORT_MINIMUM\`, \`COHORT_QUESTIONS_A_DAY\`, ${[...OF_SIGN_IN, ...OF_MAIL, ...OF_LIMITS, ...OF_THE_LOG].map((name) => `\`${name}\``).join(', ')}.
`;

/** The text of docs/configuration.md. */
export function renderConfiguration(): string {
  return [
    INTRODUCTION,
    renderConfigurationDoc('apps/vault', vaultConfig),
    renderConfigurationDoc('apps/api', apiConfig),
    APPS,
    renderConfigurationDoc('apps/web', webConfig),
    `${AT_EMBEDDED}${ports()}${PASSED_ON}`,
  ].join('\n');
}

function ports(): string {
  const rows = Object.values(LISTENERS).map(
    ({ setting, title, port }) => `| \`${setting}\` | Port of ${title} | \`${port}\` |\n`,
  );
  return rows.join('');
}
