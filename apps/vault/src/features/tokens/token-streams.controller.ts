import { CodedError, makeTokenStream, revealTokenStream } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import {
  AskedBy,
  type Asker,
  type BodyLine,
  BodyLines,
  download,
  Implements,
  Input,
  type InputOf,
  RulesInForce,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import { MakingDesk } from './making-desk.js';
import { TokenRevealDesk } from './reveal-desk.js';
import { revealResult } from './reveal-result.js';

const MEDIA = { mediaType: 'application/x-ndjson' };
/** In place of a line that is no JSON: whatever reads entries says of it what it says of any that is none. */
const NO_ENTRY = Symbol('no entry');

/** Any number of entries: lines that have come are done together, and answered when they are durable. */
@Controller()
export class TokenStreamsController {
  constructor(
    private readonly making: MakingDesk,
    private readonly reveals: TokenRevealDesk,
    private readonly rules: RulesInForce,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(makeTokenStream)
  make(@AskedBy() asker: Asker, @BodyLines() lines: AsyncIterable<BodyLine[]>) {
    return download(
      answered(
        lines,
        async (entries) => {
          const regions = await this.rules.reach(asker.caller, makeTokenStream);
          const made = this.unitOfWork.run((tx) =>
            this.making.makeBatch(tx, asker, entries, { atomic: false, regions }),
          );
          return (await made).results;
        },
        (ended) => this.making.ended(asker, ended),
      ),
      MEDIA,
    );
  }

  @Implements(revealTokenStream)
  async reveal(
    @AskedBy() asker: Asker,
    @Input() { query }: InputOf<typeof revealTokenStream>,
    @BodyLines() lines: AsyncIterable<BodyLine[]>,
  ) {
    const { form, purpose, reason: code, reference } = query;
    const wish = { form, purpose, reason: { code, reference } };
    // While there is still a status to refuse with.
    await this.reveals.check(asker, wish);
    return download(
      answered(
        lines,
        async (entries) => (await this.reveals.revealBatch(asker, entries, wish)).map(revealResult),
        (ended) => this.reveals.ended(asker, wish, ended),
      ),
      MEDIA,
    );
  }
}

/** A line out for each line in. What ends it early is said in a line of its own, marked as the end: nothing after it was read. */
async function* answered(
  lines: AsyncIterable<BodyLine[]>,
  answer: (entries: unknown[]) => Promise<readonly object[]>,
  refused: (code: string) => Promise<void>,
): AsyncGenerator<string> {
  try {
    for await (const some of lines) {
      const entries = some.map((line) => ('value' in line ? line.value : NO_ENTRY));
      yield textOf(await answer(entries));
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    // The request was let in, so nothing else writes down that it went no further.
    await refused(error.code);
    yield textOf([{ code: error.code, end: true }]);
  }
}

function textOf(results: readonly object[]): string {
  return results.map((result) => `${JSON.stringify(result)}\n`).join('');
}
