import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** A key of the transit engine, as the stand-in has it: AES-256-GCM, one key for each version and context. */
export class TransitKey {
  readonly #versions: Buffer[] = [];
  /** the least version that unwraps: those below it are there still, and may be let again */
  oldest = 1;
  #available = 0;

  constructor(
    /** when it is not derived, a context is taken, ignored, and nothing is said: as the real engine does */
    readonly derived: boolean,
    readonly exportable = false,
  ) {
    this.rotate();
  }

  get newest(): number {
    return this.#versions.length;
  }

  /** 0 where nothing was ever trimmed */
  get available(): number {
    return this.#available;
  }

  /** Trims: the versions below are gone, whatever is set later. @throws with the engine's own texts */
  set available(version: number) {
    if (version > this.oldest) {
      throw new Error('minimum available version cannot be greater than the minimum decryption version');
    }
    if (version < this.#available) throw new Error('minimum available version cannot be decremented');
    this.#available = version;
    for (let below = 1; below < version; below++) this.#versions[below - 1] = Buffer.alloc(0);
  }

  rotate(): void {
    this.#versions.push(randomBytes(32));
  }

  /** Deleted, and made anew under its name. @returns brings the old one back, as from a backup */
  replace(): () => void {
    const old = this.#versions.splice(0);
    this.rotate();
    return () => this.#versions.splice(0, Infinity, ...old);
  }

  describe(): object {
    return {
      type: 'aes256-gcm96',
      derived: this.derived,
      exportable: this.exportable,
      allow_plaintext_backup: false,
      deletion_allowed: false,
      latest_version: this.newest,
      min_available_version: this.available,
      min_decryption_version: this.oldest,
      min_encryption_version: 0,
      keys: Object.fromEntries(this.#versions.map((_key, at) => [String(at + 1), 1_764_288_000])),
      supports_encryption: true,
      supports_decryption: true,
      supports_derivation: true,
    };
  }

  encrypt(plaintext: Buffer, context: Buffer): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key(this.newest, context), iv);
    const sealed = Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return `vault:v${this.newest}:${sealed.toString('base64')}`;
  }

  /** @throws with the engine's own texts */
  decrypt(ciphertext: string, context: Buffer): Buffer {
    const [, version, text = ''] = /^vault:v(\d+):(.*)$/.exec(ciphertext) ?? [];
    if (version === undefined) throw new Error('invalid ciphertext: no prefix');
    if (Number(version) < Math.max(this.oldest, this.available)) {
      throw new Error('ciphertext or signature version is disallowed by policy (too old)');
    }
    if (Number(version) > this.newest) throw new Error('invalid ciphertext: version is too new');
    const sealed = Buffer.from(text, 'base64');
    if (sealed.length < 28) throw new Error('invalid ciphertext: could not decode base64');
    const decipher = createDecipheriv(
      'aes-256-gcm',
      this.key(Number(version), context),
      sealed.subarray(0, 12),
      { authTagLength: 16 },
    );
    decipher.setAuthTag(sealed.subarray(-16));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
    } catch {
      throw new Error('cipher: message authentication failed');
    }
  }

  private key(version: number, context: Buffer): Buffer {
    const root = this.#versions[version - 1] ?? Buffer.alloc(32);
    if (!this.derived) return root;
    if (context.length === 0) throw new Error("missing 'context' for key derivation");
    return Buffer.from(hkdfSync('sha256', root, '', context, 32));
  }
}
