/** What the console uses of Preact, typed by us. */
export interface VNode {
  type: unknown;
  props: Record<string, unknown>;
  key: unknown;
}
export type Child = VNode | string | number | boolean | null | undefined | Child[];
export interface Ref<T> {
  current: T | null;
}
export class Component<P = {}, S = {}> {
  constructor(props: P);
  props: P;
  state: S;
  setState(change: Partial<S>): void;
  shouldComponentUpdate?(next: P, nextState: S): boolean;
  componentDidMount?(): void;
  getSnapshotBeforeUpdate?(before: P, beforeState: S): unknown;
  componentDidUpdate?(before: P, beforeState: S, snapshot?: unknown): void;
  componentWillUnmount?(): void;
  render(): Child;
}
export function h(type: unknown, props: Record<string, unknown> | null, ...children: unknown[]): VNode;
export function render(what: Child, into: Element): void;
export function createRef<T>(): Ref<T>;
