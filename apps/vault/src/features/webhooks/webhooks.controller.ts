import {
  listDeadLetters,
  putWebhook,
  readWebhook,
  removeWebhook,
  replayDeadLetters,
  rotateWebhookSecret,
} from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultStaff } from '../../platform/callers.js';
import { WebhooksService } from './webhooks.service.js';

type Staff = Asker<VaultStaff>;

@Controller()
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(readWebhook)
  read(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof readWebhook>) {
    return this.unitOfWork.run((tx) => this.webhooks.read(tx, asker, params.client));
  }

  @Implements(putWebhook)
  put(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof putWebhook>) {
    return this.unitOfWork.run((tx) => this.webhooks.put(tx, asker, params.client, body));
  }

  @Implements(rotateWebhookSecret)
  rotateSecret(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof rotateWebhookSecret>) {
    return this.unitOfWork.run((tx) => this.webhooks.rotateSecret(tx, asker, params.client, body.reason));
  }

  @Implements(removeWebhook)
  remove(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof removeWebhook>) {
    return this.unitOfWork.run((tx) => this.webhooks.remove(tx, asker, params.client));
  }

  @Implements(listDeadLetters)
  deadLetters(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof listDeadLetters>) {
    return this.unitOfWork.run((tx) => this.webhooks.deadLetters(tx, asker, params.client));
  }

  @Implements(replayDeadLetters)
  replay(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof replayDeadLetters>) {
    return this.unitOfWork.run((tx) => this.webhooks.replay(tx, asker, params.client, body));
  }
}
