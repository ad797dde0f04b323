import { kubernetesFunction } from "../../shared/runtime/kubernetes-function.ts";

/** SQS invokes it with batches of `Secret Rotated`; it has the copies in Kubernetes refreshed, and restarts what uses them. */
export const handler = kubernetesFunction(process.env);
