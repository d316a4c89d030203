// The files beside a bundle that make a container of it: package.json with the one package that cannot be bundled, its lock file, a Dockerfile, and
// what of the folder the Dockerfile sees. All of them depend on the topology's name and this version of Millrace only.

import { lockedPackages } from './native-packages.ts'

/** Loaded by plugins at run time: its native code cannot be in the bundle. */
const external = 'classic-level'

export function packageJson(application: string): string {
  const { name, ...root } = manifestOf(application)
  return json({ name, private: true, type: 'module', ...root })
}

/** For `npm ci`: the image has the packages that Millrace was tested with, checksum by checksum, whatever was published since. No registry is named. */
export function packageLock(application: string): string {
  const { name, ...root } = manifestOf(application)
  return json({ name, lockfileVersion: 3, requires: true, packages: { '': { name, ...root }, ...lockedPackages } })
}

function manifestOf(application: string) {
  return {
    name: application.toLowerCase().replace(/^[._]+/, ''),
    engines: { node: '>=20.17' },
    dependencies: { [external]: lockedPackages[`node_modules/${external}`].version },
  }
}

/**
 * Two stages, so that neither npm's cache nor a registry's password nor a shell command of ours gets into the image. The user is a number, because
 * Kubernetes' runAsNonRoot cannot see that a name is not root; 1000 is `node` in the official image.
 */
export function dockerfile(application: string, millraceVersion: string): string {
  return `# The image of the topology ${application}: docker build -t ${application.toLowerCase()} .
# For a private registry of npm: --secret id=npmrc,src=$HOME/.npmrc
# Another base image by --build-arg NODE_IMAGE=…: with Node 20.17 or later, npm and glibc.
ARG NODE_IMAGE=docker.io/library/node:20-slim

FROM \${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# No script of a package runs. That the native code fits this processor and C library is seen here, not at the first start.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --omit=dev --ignore-scripts --no-audit --no-fund \\
  && node -e "require('${external}')" \\
  && mkdir /state

FROM \${NODE_IMAGE}
LABEL org.opencontainers.image.title="${application}" millrace.version="${millraceVersion}"
ENV NODE_ENV=production MILLRACE_STATE_DIR=/state MILLRACE_HEALTH_PORT=8080
WORKDIR /app
COPY --from=packages --chown=1000:1000 /state /state
COPY --from=packages /app/node_modules node_modules
COPY package.json manifest.json app.mjs.map app.mjs ./
VOLUME /state
USER 1000:1000
STOPSIGNAL SIGTERM
# Of Docker and compose; Kubernetes has probes of its own. It asks whether the app is alive, not whether it is ready: restoring may take long.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.MILLRACE_HEALTH_PORT + '/livez').then(({ status }) => process.exit(status === 200 ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "app.mjs"]
`
}

/** An allowlist: what else comes to lie in the folder, such as local state or a .env, is not sent to the builder. */
export function dockerignore(): string {
  return `*
!package.json
!package-lock.json
!manifest.json
!app.mjs
!app.mjs.map
`
}

function json(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`
}
