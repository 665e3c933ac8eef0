import {
  appointStaff,
  changeStaffRoles,
  dismissStaff,
  listStaff,
  nameAccount,
  type StaffId,
} from '@integument/contracts';
import { type Tx, UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultStaff } from '../../platform/callers.js';
import { DataPlaneSessions } from '../sessions/index.js';
import { StaffService } from './staff.service.js';

type Staff = Asker<VaultStaff>;

@Controller()
export class StaffController {
  constructor(
    private readonly staff: StaffService,
    private readonly dataPlane: DataPlaneSessions,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listStaff)
  list(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.staff.list(tx, asker));
  }

  @Implements(nameAccount)
  name(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof nameAccount>) {
    return this.unitOfWork.run((tx) => this.staff.name(tx, asker, body));
  }

  @Implements(appointStaff)
  appoint(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof appointStaff>) {
    return this.unitOfWork.run((tx) => this.staff.appoint(tx, asker, body));
  }

  @Implements(changeStaffRoles)
  async changeRoles(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof changeStaffRoles>) {
    const change = (tx: Tx) => this.staff.changeRoles(tx, asker, params.account, body);
    const member = await this.unitOfWork.run(change);
    return (await this.endedOf(params.account)).withBody(member);
  }

  @Implements(dismissStaff)
  async dismiss(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof dismissStaff>) {
    await this.unitOfWork.run((tx) => this.staff.dismiss(tx, asker, params.account, body));
    return this.endedOf(params.account);
  }

  private endedOf(account: StaffId) {
    return this.dataPlane.answer(Buffer.from(account, 'hex'));
  }
}
