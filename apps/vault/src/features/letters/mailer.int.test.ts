import { afterEach, describe, expect, it } from 'vitest';
import { MailServer, no, RawServer, settingsAt } from './mail-server.fixture.js';
import { type Delivery, type Mail, Mailer } from './mailer.js';

const MAIL: Mail = {
  to: 'canary@example.org',
  subject: 'Zu Ihrem Konto',
  text: 'Guten Tag Zoë,\n\n9. März\n',
  language: 'de',
  messageId: 'ltr_00000000000000000000000000000000',
};
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function server(options?: ConstructorParameters<typeof MailServer>[0]): Promise<MailServer> {
  const started = await new MailServer(options).start();
  open.push(started);
  return started;
}

async function raw(talk: ConstructorParameters<typeof RawServer>[0]): Promise<number> {
  const started = new RawServer(talk);
  open.push(started);
  return started.start();
}

const send = (port: number, mail: Partial<Mail> = {}, more = {}, ms = 5_000): Promise<Delivery> =>
  new Mailer(settingsAt(port, more)).send({ ...MAIL, ...mail }, AbortSignal.timeout(ms));

describe('a mail', () => {
  it('arrives as it was written, from whom and to whom it says', async () => {
    const { received, port } = await server();
    expect(await send(port)).toEqual({ outcome: 'accepted' });
    expect(received).toMatchObject([{ to: [MAIL.to], messageId: `<${MAIL.messageId}@shop.example>` }]);
    const [{ raw: text } = { raw: '' }] = received;
    expect(text).toMatch(/^From: (The Shop|"The Shop") <letters@shop\.example>\r\n/m);
    expect(text).toMatch(/^Auto-Submitted: auto-generated\r\n/m);
    expect(text).toMatch(/^Content-Language: de\r\n/m);
    expect(text).not.toMatch(/x-mailer|nodemailer/i);
    expect(text).toMatch(/Guten Tag Zo=C3=AB/);
  });

  it.each([
    'canary@example.org\r\nBcc: other@example.org',
    'canary@example.org>\r\nRCPT TO:<other@example.org',
    'canary@example.org, other@example.org',
    '"other@example.org" <canary@example.org>',
  ])('goes to nobody else, whatever an address holds: %j', async (to) => {
    const { received, port } = await server();
    await send(port, { to });
    expect(received.flatMap((one) => one.to)).not.toContain('other@example.org');
    expect(received.filter((one) => /^bcc:/im.test(one.raw))).toEqual([]);
  });

  it('has no second header by its subject', async () => {
    const { received, port } = await server();
    await send(port, { subject: 'Hello\r\nBcc: other@example.org\r\n\r\nbody' });
    expect(received).toHaveLength(1);
    expect(received.filter((one) => /^bcc:/im.test(one.raw))).toEqual([]);
  });
});

describe('a mail server that says no', () => {
  it.each([
    ['to a mailbox', no(550, 'no such user'), 'refused'],
    ['to a mailbox, by RFC 3463', no(550, '5.1.1 no such user'), 'refused'],
    ['to a full one for good', no(552, '5.2.2 mailbox full'), 'refused'],
    ['as Exchange does of nobody of its own', no(550, '5.4.1 access denied'), 'refused'],
    ['for now', no(451, '4.7.1 greylisted'), 'later'],
    ['to a sender that it doesn’t relay for', no(550, '5.7.1 relaying denied'), 'later'],
    ['to a sender’s address', no(550, '5.1.8 bad sender'), 'later'],
  ])('%s: %s is %s', async (_, refusal, outcome) => {
    const { port, received } = await server({ onRcptTo: (_address, _session, done) => done(refusal) });
    expect(await send(port)).toMatchObject({ outcome });
    expect(received).toEqual([]);
  });

  it('to whom letters are from, or to a password, says it of nobody’s mailbox', async () => {
    const strict = await server({ onMailFrom: (_address, _session, done) => done(no(550, 'who are you')) });
    expect(await send(strict.port)).toEqual({ outcome: 'later', status: 550, component: 'EENVELOPE' });
    const closed = await server({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(no(535, 'wrong')),
    });
    const secret = { user: 'shop', password: 'canary-password' };
    expect(await send(closed.port, {}, secret)).toEqual({
      outcome: 'later',
      status: 535,
      component: 'EAUTH',
    });
  });
});

describe('a mail server that says nothing', () => {
  it.each([
    ['hangs up at once', (socket: { destroy(): void }) => void socket.destroy()],
    ['never greets', () => undefined],
    ['greets without an end', (socket: { write(text: string): void }) => void socket.write('220-hello\r\n')],
  ])('%s: later', async (_, talk) => {
    expect(await send(await raw(talk), {}, {}, 300)).toMatchObject({ outcome: 'later' });
  });

  it('isn’t there: later', async () => {
    const gone = await new MailServer().start();
    await gone.close();
    expect(await send(gone.port)).toMatchObject({ outcome: 'later', component: 'ESOCKET' });
  });
});

describe('elsewhere than on loopback', () => {
  it('nothing is said to a server without TLS, not even the address', async () => {
    const asked: string[] = [];
    const { port, received } = await server({
      onMailFrom: ({ address }, _session, done) => {
        asked.push(address);
        done();
      },
    });
    expect(await send(port, {}, { loopback: false })).toMatchObject({ outcome: 'later' });
    expect({ asked, received }).toEqual({ asked: [], received: [] });
  });

  it('nor to one whose certificate is anybody’s', async () => {
    // With STARTTLS, under the certificate that the library has for tests.
    const { port, received } = await server({ disabledCommands: [] });
    expect(await send(port, {}, { loopback: false })).toMatchObject({
      outcome: 'later',
      component: 'ESOCKET',
    });
    expect(received).toEqual([]);
  });
});
