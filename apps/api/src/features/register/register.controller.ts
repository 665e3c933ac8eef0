import { AuditLog } from '@integument/audit-log';
import {
  currentNotices,
  type NoticeView,
  type RegisterFormat,
  readImpactAssessment,
  readNotice,
  readRegister,
} from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { Answer, AskedBy, type Asker, by, download, Implements, Input, type InputOf } from '@integument/http';
import { PRINTED_PAGE_CSP } from '@integument/printed';
import { Controller, type StreamableFile } from '@nestjs/common';
import { impactAssessment, impactAssessmentPage } from './impact-assessment.js';
import { type Notice, noticeFrom } from './notice.js';
import { impactAssessmentRead, registerRead } from './register.audit.js';
import { noticeUnknown, versionUnknown } from './register.errors.js';
import { Register } from './register.js';
import { type NoticeRow, RegisterStore } from './register.store.js';
import { writtenFrom } from './register-document.js';
import { registerPage } from './register-page.js';

@Controller()
export class RegisterController {
  constructor(
    private readonly register: Register,
    private readonly store: RegisterStore,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(currentNotices)
  async current(@Input() { params }: InputOf<typeof currentNotices>) {
    const offered = this.register.offered(params.purpose)?.notices ?? [];
    const rows = await this.unitOfWork.single((tx) => this.store.findNotices(tx, offered));
    return { notices: rows.map((row) => this.view(row)) };
  }

  @Implements(readNotice)
  async notice(@Input() { params }: InputOf<typeof readNotice>) {
    const [row] = await this.unitOfWork.single((tx) => this.store.findNotices(tx, [params]));
    if (!row) throw noticeUnknown();
    return this.view(row);
  }

  @Implements(readRegister)
  async read(@AskedBy() asker: Asker, @Input() { query }: InputOf<typeof readRegister>) {
    const { version = this.register.version, format } = query;
    const { document, ...named } = await this.unitOfWork.run(async (tx) => {
      const kept = await this.store.findVersion(tx, version);
      if (!kept) throw versionUnknown();
      await this.audit.append(tx, registerRead({ ...by(asker), details: { version, format } }));
      return writtenFrom(kept);
    });
    const page = registerPage({ ...named, document }, this.register.version);
    return file(format, { ...named, ...document }, page);
  }

  @Implements(readImpactAssessment)
  async assess(@AskedBy() asker: Asker, @Input() { query }: InputOf<typeof readImpactAssessment>) {
    const details = { version: this.register.version, ...query };
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, impactAssessmentRead({ ...by(asker), details })),
    );
    const assessment = impactAssessment(this.register);
    return file(query.format, assessment, impactAssessmentPage(assessment));
  }

  private view({ document, published_on: publishedOn }: NoticeRow): NoticeView {
    const notice: Notice = noticeFrom(document);
    return { ...notice, publishedOn, isCurrent: this.register.isCurrent(notice.hash) };
  }
}

function file(format: RegisterFormat, content: object, page: string): Answer<StreamableFile> {
  if (format === 'json') {
    return Answer.of(
      download(JSON.stringify(content, null, 2), { mediaType: 'application/json; charset=utf-8' }),
    );
  }
  const headers = { 'content-security-policy': PRINTED_PAGE_CSP };
  return Answer.of(download(page, { mediaType: 'text/html; charset=utf-8' }), { headers });
}
