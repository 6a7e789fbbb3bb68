/**
 * Questions that come together share a snapshot and the view that it has, where the store does not say which moment a snapshot is of
 * (servers'; see `StoreSnapshot.version`). Who comes once a view is being read waits for the next one, and with him all who come
 * meanwhile: so each is answered from a snapshot that was begun after he came, and at most two are being opened for any number.
 */
import type { LayerSnapshots } from './open-view';
import type { ProductView } from './view';

type Use<T> = (view: ProductView, snapshots: LayerSnapshots) => Promise<T>;
/** Opens a snapshot, reads its view, and closes it once `use` is over. */
export type OpenView = (use: Use<void>) => Promise<void>;

export class SharedViews {
  /** Takes those who come, until its snapshot is opened. */
  private joining: Group | null = null;
  /** Over once the view of the latest group is known. */
  private reading: Promise<void> = Promise.resolve();

  async read<T>(open: OpenView, use: Use<T>): Promise<T> {
    const group = (this.joining ??= this.begin(open));
    group.members += 1;
    try {
      const { view, snapshots } = await group.seen;
      return await use(view, snapshots);
    } finally {
      group.leave();
    }
  }

  private begin(open: OpenView): Group {
    const group = new Group();
    this.reading = this.reading.then(() => {
      this.joining = null;
      return group.open(open);
    });
    return group;
  }
}

interface Seen {
  readonly view: ProductView;
  readonly snapshots: LayerSnapshots;
}

class Group {
  members = 0;
  readonly seen: Promise<Seen>;
  private found: (seen: Seen) => void = () => undefined;
  private failed: (error: unknown) => void = () => undefined;
  private over: () => void = () => undefined;
  private readonly left = new Promise<void>((resolve) => (this.over = resolve));

  constructor() {
    this.seen = new Promise((resolve, reject) => {
      this.found = resolve;
      this.failed = reject;
    });
  }

  /** Resolves once the view is known, or can't be: the snapshot stays open until all have left. */
  open(open: OpenView): Promise<void> {
    open((view, snapshots) => {
      this.found({ view, snapshots });
      return this.left;
    }).catch((error: unknown) => this.failed(error));
    return this.seen.then(
      () => undefined,
      () => undefined,
    );
  }

  leave(): void {
    this.members -= 1;
    if (this.members === 0) this.over();
  }
}
