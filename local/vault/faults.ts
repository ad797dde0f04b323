/**
 * What happens to a request: `refuse` cuts the connection before it is looked at, `cut` after it took effect and before
 * the answer, `delay` answers late, `status` answers so in place of Vault (such as 429, 472, 473, 412, 500).
 */
export type VaultFault =
  | { readonly kind: "refuse" }
  | { readonly kind: "cut" }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "status"; readonly status: number; readonly errors?: readonly string[] };

export interface FaultRule {
  readonly method?: string;
  /** Tested against the path below `/v1/`. */
  readonly path?: RegExp;
  /** The how-manieth matching request from now on it strikes, once: 1 unless said. `every` strikes until `clear`. */
  readonly at?: number | "every";
}

/** `standby` answers as a node that does not lead: health 429, everything else sent to the leader, or 500 without one. */
export type VaultState =
  | { readonly kind: "active" }
  | { readonly kind: "sealed" }
  | { readonly kind: "standby"; readonly leader?: string };

export interface VaultFaults {
  inject(fault: VaultFault, rule?: FaultRule): void;
  become(state: VaultState): void;
  /** No faults, and active again. */
  clear(): void;
  readonly state: VaultState;
  /** The fault that strikes this request; every rule that matches counts it. */
  strike(method: string, path: string): VaultFault | undefined;
}

export function vaultFaults(): VaultFaults {
  let rules: { readonly fault: VaultFault; readonly rule: FaultRule; seen: number }[] = [];
  let state: VaultState = { kind: "active" };
  return {
    inject: (fault, rule = {}) => void rules.push({ fault, rule, seen: 0 }),
    become(next) {
      state = next;
    },
    clear() {
      rules = [];
      state = { kind: "active" };
    },
    get state() {
      return state;
    },
    strike(method, path) {
      let struck: VaultFault | undefined;
      for (const entry of rules) {
        const { method: wanted = method, path: pattern, at = 1 } = entry.rule;
        if (wanted !== method || (pattern !== undefined && !pattern.test(path))) continue;
        entry.seen += 1;
        if (at === "every" || entry.seen === at) struck ??= entry.fault;
      }
      return struck;
    },
  };
}
