import {
  approveApproval,
  breakGlass,
  listApprovals,
  readApproval,
  refuseApproval,
  requestApproval,
  reviewApproval,
  takeBackApproval,
} from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultStaff } from '../../platform/callers.js';
import { ApprovalDecisions } from './approval-decisions.service.js';
import { ApprovalRequests } from './approval-requests.service.js';

type Staff = Asker<VaultStaff>;

@Controller()
export class ApprovalsController {
  constructor(
    private readonly requests: ApprovalRequests,
    private readonly decisions: ApprovalDecisions,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(requestApproval)
  request(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof requestApproval>) {
    return this.unitOfWork.run((tx) => this.requests.request(tx, asker, body));
  }

  @Implements(breakGlass)
  breakGlass(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof breakGlass>) {
    return this.unitOfWork.run((tx) => this.requests.breakGlass(tx, asker, body));
  }

  @Implements(listApprovals)
  list(@AskedBy() asker: Staff, @Input() { query }: InputOf<typeof listApprovals>) {
    return this.unitOfWork.run((tx) => this.decisions.list(tx, asker, query.show));
  }

  @Implements(readApproval)
  read(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof readApproval>) {
    return this.unitOfWork.run((tx) => this.decisions.read(tx, asker, params.approval));
  }

  @Implements(approveApproval)
  approve(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof approveApproval>) {
    return this.unitOfWork.run((tx) => this.decisions.approve(tx, asker, params.approval));
  }

  @Implements(refuseApproval)
  refuse(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof refuseApproval>) {
    return this.unitOfWork.run((tx) => this.decisions.refuse(tx, asker, params.approval, body.refusal));
  }

  @Implements(takeBackApproval)
  takeBack(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof takeBackApproval>) {
    return this.unitOfWork.run((tx) => this.requests.takeBack(tx, asker, params.approval));
  }

  @Implements(reviewApproval)
  review(@AskedBy() asker: Staff, @Input() { params, body }: InputOf<typeof reviewApproval>) {
    return this.unitOfWork.run((tx) => this.decisions.review(tx, asker, params.approval, body));
  }
}
