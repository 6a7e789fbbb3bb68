/** A Tenon that is a process of its own, and killed. */
import { join } from 'node:path';
import { TenonProcess } from '../kill/tenon-process';
import { Tenon } from '../tenon';

export class KilledTenon extends Tenon {
  private process: TenonProcess | null = null;

  override get url(): string {
    return (this.process as TenonProcess).url;
  }

  override async start(): Promise<void> {
    this.process = await TenonProcess.start(join(this.directory, 'catalog'), join(this.directory, 'data'));
  }

  /** As by `kill -9`, and started again. */
  async kill(): Promise<void> {
    await this.process?.kill();
    await this.start();
  }

  override async stop(): Promise<void> {
    await this.process?.kill();
    await super.stop();
  }
}
