/** How a model from outside the image comes into a pod: fetched or mounted, from a place that the network lets it reach. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { notRendered, oneOf, RENDERED, ROOT, render } from './manifests.ts';
import { egressOf, lets } from './network.ts';
import { loadPipeline } from './pipelines.ts';
import { type Container, templateOf } from './pods.ts';

const PACKAGE = 'models/card-fraud/2.0.0';
const deploy = readFileSync(join(ROOT, 'docs/deploy.md'), 'utf8');
const { name, version } = parse(readFileSync(join(ROOT, PACKAGE, 'model.yaml'), 'utf8'));

const variablesOf = ({ env = [] }: Container) =>
  Object.fromEntries(env.map(({ name: of, value }) => [of, value ?? '']));
const isWithin = (path: string, folder: string) => `${path}/`.startsWith(`${folder}/`);

for (const folder of RENDERED.filter((each) => each.includes('overlays'))) {
  describe(folder, { skip: notRendered }, () => {
    const objects = render(folder);
    const pod = templateOf(oneOf(objects, 'Deployment', 'StatefulSet')).spec;
    const wanted = loadPipeline(objects).model.package;
    const fetching = (pod.initContainers ?? []).filter(({ image }) => image.includes('rclone'));
    const images = pod.volumes.flatMap((volume) =>
      volume.image ? [{ ...volume, image: volume.image }] : [],
    );

    it('has one way for the model to come in, and one only', () => {
      const inImage = wanted.startsWith('/app/models/') ? 1 : 0;
      assert.equal(inImage + fetching.length + images.length, 1);
      if (inImage === 1) assert.equal(wanted, `/app/${PACKAGE}`);
    });

    it('fetches the package to where the pipeline looks for it, before it is verified, on a volume that both see', () => {
      for (const fetch of fetching) {
        const [verb, source, target] = fetch.args.filter((arg) => !arg.startsWith('--'));
        assert.deepEqual([verb, target], ['copy', wanted]);
        assert.ok(source!.endsWith(`:${PACKAGE}`), source);
        assert.ok(fetch.args.includes('--checksum'));
        assert.ok(deploy.includes(`rclone copy ${PACKAGE} ${source}`), 'docs/deploy.md puts it elsewhere');
        const [first, verify] = pod.initContainers!;
        assert.equal(first, fetch);
        const holding = [fetch, verify!, pod.containers[0]!].map(({ volumeMounts }) =>
          volumeMounts.find(({ mountPath }) => isWithin(wanted, mountPath)),
        );
        assert.equal(new Set(holding.map((mount) => mount?.name)).size, 1);
        assert.deepEqual(
          holding.map((mount) => mount?.readOnly ?? false),
          [false, true, true],
        );
        assert.ok(pod.volumes.find((volume) => volume.name === holding[0]!.name)?.emptyDir?.sizeLimit);
      }
    });

    it('fetches from a remote that its variables describe, with a root that cannot be written', () => {
      for (const fetch of fetching) {
        const remote = fetch.args
          .find((arg) => arg.includes(':'))!
          .split(':')[0]!
          .toUpperCase();
        const variables = variablesOf(fetch);
        const option = (of: string) => variables[`RCLONE_CONFIG_${remote}_${of}`];
        assert.deepEqual([option('TYPE'), option('ENV_AUTH')], ['s3', 'true']);
        assert.ok(option('PROVIDER'));
        const writable = fetch.volumeMounts.find(({ readOnly }) => !readOnly)!.mountPath;
        for (const file of [variables.RCLONE_CONFIG!, variables.RCLONE_CACHE_DIR!]) {
          assert.ok(isWithin(file, writable), `${file} cannot be written`);
          assert.ok(!isWithin(file, wanted), `${file} would be taken for the package's`);
        }
        const credentials = variables.AWS_SHARED_CREDENTIALS_FILE!;
        const mount = fetch.volumeMounts.find(({ mountPath }) => isWithin(credentials, mountPath))!;
        const { secret } = pod.volumes.find((volume) => volume.name === mount.name)!;
        const key = credentials.slice(mount.mountPath.length + 1);
        assert.ok(deploy.includes(`create secret generic ${secret!.secretName} --from-file=${key}\n`), key);
      }
    });

    it('may reach what it fetches the model from, and nothing of the kind where it fetches none', () => {
      const egress = egressOf(objects);
      for (const fetch of fetching) {
        const endpoint = new URL(
          Object.entries(variablesOf(fetch)).find(([of]) => of.endsWith('_ENDPOINT'))![1],
        );
        const port = Number(endpoint.port || (endpoint.protocol === 'https:' ? 443 : 80));
        assert.ok(lets(egress, endpoint.hostname, port), `the network policy keeps pods from ${endpoint}`);
      }
      if (fetching.length === 0)
        assert.ok(!egress.some(({ ports }) => ports.some(({ port }) => port === 443)));
    });

    it('mounts a model image where the pipeline looks for it, by the name and version of the package', () => {
      for (const { name: volume, image } of images) {
        assert.match(image.reference, new RegExp(`/models/${name}:${version}$`));
        assert.equal(image.pullPolicy, 'IfNotPresent');
        for (const { volumeMounts } of [...pod.initContainers!, pod.containers[0]!])
          assert.equal(volumeMounts.find((mount) => mount.name === volume)?.mountPath, wanted);
        assert.ok(deploy.includes(`\`COPY ${PACKAGE} /\``), 'docs/deploy.md builds another image');
      }
    });
  });
}
