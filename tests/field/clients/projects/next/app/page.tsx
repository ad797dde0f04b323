import { useRekey as readOrders } from "../service";

export const dynamic = "force-dynamic";

export default async function Page() {
  return <main>{await readOrders()}</main>;
}
