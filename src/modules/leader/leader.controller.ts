import { Controller, Get } from '@nestjs/common';
import { LeaderDocs } from './leader.docs.js';
import { LeaderService } from './leader.service.js';

@Controller('leader')
export class LeaderController {
  constructor(private readonly service: LeaderService) {}

  @Get()
  @LeaderDocs()
  async show() {
    const { isLeader, node, view, trouble } = await this.service.look();
    return {
      is_leader: isLeader,
      node,
      leader: view.holder,
      term: view.term,
      since: view.since === null ? null : new Date(view.since).toISOString(),
      time_left_ms: view.leftMs === null ? null : Math.round(view.leftMs),
      driver: this.service.lease.driver,
      trouble: trouble?.message ?? null,
    };
  }
}
