import {
  addCredential,
  changeClient,
  listClients,
  registerClient,
  removeClient,
  resumeClient,
  retireCredential,
  suspendClient,
} from '@integument/contracts';
import { type Tx, UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, clientLeasesOver, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultStaff } from '../../platform/callers.js';
import { ClientsService } from './clients.service.js';

type Staff = Asker<VaultStaff>;

@Controller()
export class ClientsController {
  constructor(
    private readonly clients: ClientsService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listClients)
  list(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.clients.list(tx, asker));
  }

  @Implements(registerClient)
  register(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof registerClient>) {
    return this.everywhere((tx) => this.clients.register(tx, asker, body));
  }

  @Implements(changeClient)
  change(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof changeClient>) {
    return this.everywhere((tx) => this.clients.change(tx, asker, params.client, body));
  }

  @Implements(addCredential)
  addCredential(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof addCredential>) {
    return this.everywhere((tx) => this.clients.addCredential(tx, asker, params.client, body));
  }

  @Implements(retireCredential)
  retireCredential(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof retireCredential>) {
    return this.everywhere((tx) => this.clients.retireCredential(tx, asker, params.client, body));
  }

  @Implements(suspendClient)
  suspend(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof suspendClient>) {
    return this.everywhere((tx) => this.clients.suspend(tx, asker, params.client, body.reason));
  }

  @Implements(resumeClient)
  resume(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof resumeClient>) {
    return this.everywhere((tx) => this.clients.resume(tx, asker, params.client, body));
  }

  @Implements(removeClient)
  remove(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof removeClient>) {
    return this.everywhere((tx) => this.clients.remove(tx, asker, params.client, body.reason));
  }

  /** Answers once no replica of either app believes what was before. */
  private async everywhere<Reply>(change: (tx: Tx) => Promise<Reply>): Promise<Reply> {
    const reply = await this.unitOfWork.run(change);
    await clientLeasesOver();
    return reply;
  }
}
