import { randomUUID } from "node:crypto";
import { Enums, Models, Serialize, Spec, SPDX } from "@cyclonedx/cyclonedx-library";
import type { LockedPackage } from "./locked-packages.ts";

const purl = ({ name, version }: LockedPackage): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;

function component(locked: LockedPackage, properties: readonly Models.Property[]): Models.Component {
  const [, group, name = locked.name] = /^(@[^/]+)\/(.+)$/.exec(locked.name) ?? [];
  const digest = /^sha512-(.+)$/.exec(locked.integrity)?.[1];
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: locked.path === "" ? locked.name : locked.path,
    version: locked.version,
    purl: purl(locked),
    scope: Enums.ComponentScope.Required,
    licenses: new Models.LicenseRepository(
      locked.licenses.map((license) =>
        SPDX.isSupportedSpdxId(license) ? new Models.SpdxLicense(license) : new Models.NamedLicense(license),
      ),
    ),
    properties: new Models.PropertyRepository(properties),
    ...(group === undefined ? {} : { group }),
    ...(digest === undefined
      ? {}
      : {
          hashes: new Models.HashDictionary([
            [Enums.HashAlgorithm["SHA-512"], Buffer.from(digest, "base64").toString("hex")],
          ]),
        }),
  });
}

/**
 * A CycloneDX 1.6 document of what the lock file installs for production. The property `rekey:bundled-in` of a component
 * names a function whose bundle, or the agent's, has code of it; one without is needed by the package's client or the command line only.
 */
export function sbom(
  packages: ReadonlyMap<string, LockedPackage>,
  bundledIn: ReadonlyMap<string, readonly string[]>,
): string {
  const components = new Map(
    [...packages].map(([path, locked]) => [
      path,
      component(
        locked,
        (bundledIn.get(path) ?? []).map((name) => new Models.Property("rekey:bundled-in", name)),
      ),
    ]),
  );
  for (const [path, { dependencies }] of packages) {
    for (const needed of dependencies) {
      const ref = components.get(needed)?.bomRef;
      if (ref !== undefined) components.get(path)?.dependencies.add(ref);
    }
  }
  const bom = new Models.Bom({ serialNumber: `urn:uuid:${randomUUID()}` });
  bom.metadata.timestamp = new Date();
  for (const [path, made] of components) {
    if (path === "") bom.metadata.component = made;
    else bom.components.add(made);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return serializer.serialize(bom, { sortLists: true, space: 2 });
}
