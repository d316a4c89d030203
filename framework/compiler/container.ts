// The files beside a bundle that make a container of it: package.json with the one package that cannot be bundled, and a Dockerfile.

export interface ExternalPackage {
  readonly name: string
  readonly version: string
}

export function packageJson(application: string, externals: readonly ExternalPackage[]): string {
  const content = {
    name: application.toLowerCase().replace(/^[._]+/, ''),
    private: true,
    type: 'module',
    engines: { node: '>=20.17' },
    dependencies: Object.fromEntries(externals.map(({ name, version }) => [name, version])),
  }
  return `${JSON.stringify(content, null, 2)}\n`
}

export function dockerfile(): string {
  return `FROM node:20-slim
WORKDIR /app
COPY package.json ./
RUN npm install --omit=dev --no-audit --no-fund && npm cache clean --force
COPY app.mjs app.mjs.map manifest.json ./
RUN mkdir /state && chown node:node /state
ENV NODE_ENV=production MILLRACE_STATE_DIR=/state
VOLUME /state
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--enable-source-maps", "app.mjs"]
`
}
