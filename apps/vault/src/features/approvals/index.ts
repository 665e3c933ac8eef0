export { ApprovalDecisions } from './approval-decisions.service.js';
export { ApprovalRequests } from './approval-requests.service.js';
export { InternalApprovalsController } from './approvals.internal.controller.js';
export { Approvals, type UsedApproval } from './approvals.js';
export { ApprovalsModule } from './approvals.module.js';
export { ApprovalsStore } from './approvals.store.js';
