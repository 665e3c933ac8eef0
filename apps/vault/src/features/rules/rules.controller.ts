import { draftRules, enactRules, listRuleVersions, readRuleVersion, tryRules } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf, rulesLeasesOver } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultStaff } from '../../platform/callers.js';
import { Catalogue } from '../catalogue/index.js';
import { requireDeclaredFields } from './declared-fields.js';
import { RulesService } from './rules.service.js';

type Staff = Asker<VaultStaff>;

@Controller()
export class RulesController {
  constructor(
    private readonly rules: RulesService,
    private readonly catalogue: Catalogue,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listRuleVersions)
  list(@AskedBy() asker: Staff, @Input() { query }: InputOf<typeof listRuleVersions>) {
    return this.unitOfWork.run((tx) => this.rules.list(tx, asker, query));
  }

  @Implements(readRuleVersion)
  read(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof readRuleVersion>) {
    return this.unitOfWork.run((tx) => this.rules.read(tx, asker, params.version));
  }

  @Implements(draftRules)
  draft(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof draftRules>) {
    requireDeclaredFields(this.catalogue, body);
    return this.unitOfWork.run((tx) => this.rules.draft(tx, asker, body));
  }

  @Implements(tryRules)
  try(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof tryRules>) {
    if (body.document) requireDeclaredFields(this.catalogue, body.document, 'body.document');
    return this.unitOfWork.run((tx) => this.rules.try(tx, asker, body));
  }

  @Implements(enactRules)
  async enact(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof enactRules>) {
    const enacted = await this.unitOfWork.run((tx) => this.rules.enact(tx, asker, params, body));
    // With the answer no process of either app decides by the version before.
    await rulesLeasesOver();
    return enacted;
  }
}
