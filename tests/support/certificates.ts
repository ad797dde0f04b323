import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

export interface ServerCertificate {
  /** PEM text of the root. */
  readonly ca: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

const openssl = async (folder: string, ...args: readonly string[]): Promise<void> => {
  await promisify(execFile)("openssl", args, { cwd: folder });
};

/** A root of its own in `folder`, and a server's certificate by it for this name (`IP:127.0.0.1`, `DNS:db.test`). */
export async function makeCertificate(folder: string, altName: string): Promise<ServerCertificate> {
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
  await openssl(folder, "req", "-x509", ...key, "-subj", "/CN=rekey tests", "-keyout", "ca-key.pem", "-out", "ca.pem");
  await openssl(folder, "req", ...key.slice(0, 3), "-subj", "/CN=server", "-keyout", "key.pem", "-out", "server.csr");
  await writeFile(join(folder, "extensions"), `subjectAltName=${altName}\n`);
  const by = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", "extensions", "-days", "2"];
  await openssl(folder, "x509", "-req", "-in", "server.csr", ...by, "-out", "cert.pem");
  const caFile = join(folder, "ca.pem");
  return {
    ca: await readFile(caFile, "utf8"),
    caFile,
    certFile: join(folder, "cert.pem"),
    keyFile: join(folder, "key.pem"),
  };
}
