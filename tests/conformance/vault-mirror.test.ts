import { movableClock } from "../../local/clock.ts";
import { startVault } from "../../local/vault/server.ts";
import { mirrorContract } from "../support/mirror-contract.ts";
import { bao, startOpenBao } from "../support/openbao.ts";

mirrorContract("the local Vault", true, () => startVault({ clock: movableClock() }));
mirrorContract("a real OpenBao", bao !== undefined, () => startOpenBao(bao ?? ""));
