import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Follower } from '../sql/follower.js';
import { TestLog } from '../sql/log.fixture.js';
import { TestAuthority, type TestCertificate } from './certificates.fixture.js';
import { SyslogReceiver } from './receivers.fixture.js';
import { siemFollowers } from './siem-followers.js';
import { SyslogTarget, type SyslogTargetOptions, SyslogUndelivered } from './syslog-target.js';

let log: TestLog;
let authority: TestAuthority;
let certificate: TestCertificate;
let receiver: SyslogReceiver;
const servers: Server[] = [];

beforeAll(async () => {
  log = await TestLog.open();
  authority = await TestAuthority.create();
  certificate = await authority.issue({ type: 'ip', value: '127.0.0.1' });
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  receiver = new SyslogReceiver(certificate);
});
afterEach(async () => {
  await receiver.remove();
  for (const server of servers.splice(0)) server.close();
});

const ca = () => authority.certificate;
const url = () => `tls://127.0.0.1:${receiver.port}`;

function feed(options: Partial<SyslogTargetOptions> = {}): Follower {
  const onError = (error: unknown) => {
    throw error;
  };
  const syslog = {
    url: url(),
    ca: ca(),
    hostname: 'vault-1',
    timeoutMs: 3_000,
    confirmMs: 5_000,
    ...options,
  };
  const [one] = siemFollowers(
    { syslog },
    { unitOfWork: log.unitOfWork, origin: 'test.example/audit', onError, timing: { leaseMs: 30_000 } },
  );
  return one as Follower;
}

let next = 0;
async function grow(count: number): Promise<void> {
  await log.append(...Array.from({ length: count }, () => next++));
  await log.integrator().integrate();
}

async function position(): Promise<number> {
  return (await Follower.states(log.unitOfWork)).find(({ name }) => name === 'siem-syslog')?.position ?? 0;
}

const upTo = (size: number) => Array.from({ length: size }, (_, n) => n);
const missing = (size: number) => {
  const received = new Set(receiver.received());
  return upTo(size).filter((n) => !received.has(n));
};

describe('the syslog feed', () => {
  it('sends every entry, in order, and goes on where it stopped', async () => {
    await receiver.start();
    await grow(250);
    await feed().catchUp();
    await grow(3);
    await log.unitOfWork.single((tx) => tx.query('UPDATE audit_follower SET holder = NULL'));
    await feed().catchUp();
    expect(receiver.received()).toEqual(upTo(253));
    expect(await position()).toBe(253);
  });

  it('has no gap after its receiver was killed at random moments', async () => {
    const random = seededRandom();
    const kills = proofCount(8, 200);
    let size = 0;
    await receiver.start();
    const one = feed();
    for (let kill = 0; kill < kills; kill++) {
      const count = 50 + random.below(400);
      await grow(count);
      size += count;
      const attempt = one.catchUp().catch((error: unknown) => error);
      await sleep(random.below(60));
      await receiver.kill();
      const error = await attempt;
      if (error !== undefined) expect(error).toBeInstanceOf(SyslogUndelivered);
      const confirmed = await position();
      expect(missing(confirmed), `seed ${random.seed}, kill ${kill}`).toEqual([]);
      await receiver.start(random.chance(0.5) ? 'slow' : 'quick');
    }
    await receiver.kill();
    await receiver.start();
    await one.catchUp();
    expect(missing(size), `seed ${random.seed}`).toEqual([]);
    expect(await position()).toBe(size);
  }, 300_000);

  it('waits for a receiver that reads slowly, and loses nothing on it', async () => {
    await receiver.start('slow');
    await grow(1_500);
    await feed().catchUp();
    expect(receiver.received()).toEqual(upTo(1_500));
  });

  it('sends less at once to a receiver for which a whole run was too much', async () => {
    await receiver.start('slow');
    await grow(1_200);
    const one = feed({ confirmMs: 400 });
    let failures = 0;
    for (; (await position()) < 1_200; failures++) {
      const before = await position();
      const failed = await one.catchUp().then(
        () => false,
        () => true,
      );
      if (!failed) break;
      expect(failures, 'it never gets through').toBeLessThan(40);
      expect(await position()).toBeGreaterThanOrEqual(before);
    }
    expect(failures).toBeGreaterThan(0);
    expect(missing(1_200)).toEqual([]);
  });

  it('does not take the end of a receiver that died for its answer', async () => {
    await receiver.start('dies-at-end');
    await grow(5);
    await expect(feed().catchUp()).rejects.toMatchObject({ code: 'syslog.unconfirmed' });
    // It did read them all: that is what nobody can know here.
    expect(receiver.received()).toEqual(upTo(5));
    expect(await position()).toBe(0);
  });

  it('takes any orderly end for the answer where it was told to', async () => {
    await receiver.start('dies-at-end');
    await grow(5);
    await feed({ confirm: 'close' }).catchUp();
    expect(await position()).toBe(5);
  });

  it('fails where nobody listens', async () => {
    await receiver.start();
    await receiver.kill();
    await grow(1);
    await expect(feed().catchUp()).rejects.toMatchObject({ code: 'syslog.unreachable' });
    expect(await position()).toBe(0);
  });
});

describe('the connection', () => {
  async function serve(
    handle: (socket: TLSSocket) => void,
    options: Parameters<typeof createServer>[0] = {},
  ): Promise<string> {
    const server = createServer(
      { cert: certificate.certificate, key: certificate.key, ...options } as never,
      (socket) => {
        socket.on('error', () => undefined);
        handle(socket);
      },
    );
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `tls://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const heard: string[] = [];
  const listen = (socket: TLSSocket) => socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
  beforeEach(() => {
    heard.length = 0;
  });

  function* lines(...texts: string[]) {
    for (const text of texts) yield Buffer.from(text);
  }
  function send(
    options: SyslogTargetOptions,
    batches: AsyncIterable<Buffer> | Iterable<Buffer> = lines('a', 'b'),
    signal = new AbortController().signal,
  ) {
    return new SyslogTarget({ timeoutMs: 1_000, confirmMs: 1_000, ...options }).deliver(batches, signal);
  }

  it('is refused to a certificate of another authority', async () => {
    const other = await TestAuthority.create();
    const at = await serve(listen);
    await expect(send({ url: at, ca: other.certificate })).rejects.toMatchObject({
      code: 'syslog.unreachable',
    });
    expect(heard).toEqual([]);
  });

  it.each([
    ['another name', { type: 'dns', value: 'other.example' }],
    ['another address', { type: 'ip', value: '127.0.0.2' }],
  ] as const)('is refused to a certificate of %s', async (_title, name) => {
    const wrong = await authority.issue(name);
    const at = await serve(listen, { cert: wrong.certificate, key: wrong.key });
    await expect(send({ url: at, ca: ca() })).rejects.toMatchObject({ code: 'syslog.unreachable' });
    expect(heard).toEqual([]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('knows the answer over %s', async (version) => {
    const at = await serve(listen, { minVersion: version, maxVersion: version });
    await send({ url: at, ca: ca() });
    expect(heard.join('')).toBe('ab');
  });

  it('shows our certificate where it is asked for one', async () => {
    const ours = await authority.issue({ type: 'dns', value: 'vault.example' });
    const at = await serve(listen, { ca: ca(), requestCert: true, rejectUnauthorized: true });
    await expect(send({ url: at, ca: ca() })).rejects.toBeInstanceOf(SyslogUndelivered);
    await send({ url: at, ca: ca(), certificate: ours.certificate, key: ours.key });
    expect(heard.join('')).toBe('ab');
  });

  it('that the receiver closes before we do has delivered nothing', async () => {
    const at = await serve((socket) => socket.once('data', () => socket.end()));
    async function* slowly() {
      yield Buffer.from('a');
      await sleep(200);
      yield Buffer.from('b');
    }
    await expect(send({ url: at, ca: ca() }, slowly())).rejects.toMatchObject({
      code: 'syslog.closed_early',
    });
  });

  it('to a receiver that never closes has delivered nothing, and is not waited for longer', async () => {
    const at = await serve((socket) => {
      listen(socket);
      // Reads, and keeps its half open for ever.
      socket.end = () => socket;
    });
    await expect(send({ url: at, ca: ca(), confirmMs: 300 })).rejects.toMatchObject({
      code: 'syslog.unconfirmed',
    });
  });

  it('takes no more from the log than a receiver that does not read lets through, and stops when told', async () => {
    const at = await serve((socket) => socket.pause());
    const stop = new AbortController();
    let asked = 0;
    function* endless() {
      for (;;) {
        asked += 1;
        yield Buffer.alloc(65_536, 'x');
      }
    }
    const sent = send({ url: at, ca: ca() }, endless(), stop.signal);
    for (let before = -1; before !== asked; ) {
      before = asked;
      await sleep(200);
    }
    stop.abort(new Error('enough'));
    await expect(sent).rejects.toMatchObject({ code: 'syslog.stopped' });
    // What the kernels of both sides hold, and no more.
    expect(asked).toBeLessThan(300);
  });

  it('is only ever TLS', () => {
    expect(() => new SyslogTarget({ url: 'tcp://127.0.0.1:514', ca: ca() })).toThrow(TypeError);
  });
});
