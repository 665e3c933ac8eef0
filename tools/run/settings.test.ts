import { describe, expect, it } from 'vitest';
import { readSettings, WrongSettings } from './settings.js';

describe('the settings of the embedded run', () => {
  it('have defaults for everything', () => {
    const settings = readSettings({}, '/project');
    expect(settings.dataFolder).toBe('/project/.data');
    expect(settings.ports).toEqual({
      web: 4400,
      vault: 4401,
      vaultInternal: 4402,
      api: 4403,
      provider: 4404,
      vaultPostgres: 4405,
      platformPostgres: 4406,
      mail: 4407,
      mailPage: 4408,
    });
  });

  it('take an absolute data folder as it is', () => {
    expect(readSettings({ INTEGUMENT_DATA: '/elsewhere' }, '/project').dataFolder).toBe('/elsewhere');
  });

  it('treat an empty value as absent', () => {
    expect(readSettings({ API_PORT: '', VAULT_DATABASE_URL: '' }, '/project').ports.api).toBe(4403);
  });

  it('name every wrong one and show none', () => {
    const env = { API_PORT: '99999', WEB_PORT: 'http', VAULT_DATABASE_URL: 'mysql://me:hunter2@db/x' };
    expect(() => readSettings(env, '/project')).toThrow('API_PORT, VAULT_DATABASE_URL, WEB_PORT');
    expect(() => readSettings(env, '/project')).not.toThrow('hunter2');
  });

  it('refuse one port for two listeners', () => {
    expect(() => readSettings({ API_PORT: '4401' }, '/project')).toThrow(WrongSettings);
    expect(() => readSettings({ API_PORT: '4401' }, '/project')).toThrow('VAULT_PORT, API_PORT');
  });
});
