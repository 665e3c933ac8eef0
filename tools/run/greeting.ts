import type { PlatformInfo } from '@integument/testing';

/** What somebody who has just started the platform wants to know. */
export function greeting(info: PlatformInfo): string {
  const { urls, demoStaff, demoPassword } = info;
  return `
Integument runs. Open ${urls.web}

  Sign in as    with the password ${demoPassword}
  alice, bob …  a person (any name of small letters, digits and hyphens)
  ${demoStaff.privacyOfficer.padEnd(12)}  the privacy officer
  ${demoStaff.auditor.padEnd(12)}  the auditor
  ${demoStaff.admin.padEnd(12)}  the admin

  Staff         ${urls.web}/staff.html   (second factors; approvals beside it)
  Vault         ${urls.vault}/docs   (identity)
  API           ${urls.api}/docs   (skin and health data, by pseudonym)
  Letters       ${urls.mail}   (mail that the platform sends is caught here)
  Clients       their ids and secrets are in ${info.dataFolder}/demo.json
  Logs          ${info.logFolder}

Ctrl-C stops everything; the data stays.
`;
}
