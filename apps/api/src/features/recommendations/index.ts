export { RecommendationsModule } from './recommendations.module.js';
export { recommendationsPolicy } from './recommendations.policy.js';
export { RecommendationsService } from './recommendations.service.js';
export { RecommendationsTrainer } from './recommendations-trainer.js';
