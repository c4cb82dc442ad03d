declare const htm: {
  bind<R>(
    h: (this: number[], type: unknown, props: Record<string, unknown> | null, ...children: unknown[]) => R,
  ): (parts: TemplateStringsArray, ...values: unknown[]) => R;
};
export default htm;
