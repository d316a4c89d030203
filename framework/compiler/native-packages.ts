// What is installed beside a bundle because native code cannot be in it, as package-lock.json of this repository has it: the packages that Millrace is tested
// with, each with its checksum. A test compares the two; after an update of classic-level it prints what has to stand here.

/** By the folder that npm installs it in. */
export const lockedPackages = {
  'node_modules/abstract-level': {
    version: '3.1.1',
    integrity: 'sha512-CW2gKbJFTuX1feMvOrvsVMmijAOgI9kg2Ie9Dq3gOcMt/dVVoVmqNlLcEUCT13NxHFMEajcUcVBIplbyDroDiw==',
    license: 'MIT',
    dependencies: {
      buffer: '^6.0.3',
      'is-buffer': '^2.0.5',
      'level-supports': '^6.2.0',
      'level-transcoder': '^1.0.1',
      'maybe-combine-errors': '^1.0.0',
      'module-error': '^1.0.1',
    },
    engines: {
      node: '>=18',
    },
  },
  'node_modules/base64-js': {
    version: '1.5.1',
    integrity: 'sha512-AKpaYlHn8t4SVbOHCy+b5+KKgvR4vrsD8vbvrbiQJps7fKDTkjkDry6ji0rUJjC0kzbNePLwzxq8iypo41qeWA==',
    license: 'MIT',
  },
  'node_modules/buffer': {
    version: '6.0.3',
    integrity: 'sha512-FTiCpNxtwiZZHEZbcbTIcZjERVICn9yq/pDFkTl95/AxzD1naBctN7YO68riM/gLSDY7sdrMby8hofADYuuqOA==',
    license: 'MIT',
    dependencies: {
      'base64-js': '^1.3.1',
      ieee754: '^1.2.1',
    },
  },
  'node_modules/classic-level': {
    version: '3.0.0',
    integrity: 'sha512-yGy8j8LjPbN0Bh3+ygmyYvrmskVita92pD/zCoalfcC9XxZj6iDtZTAnz+ot7GG8p9KLTG+MZ84tSA4AhkgVZQ==',
    hasInstallScript: true,
    license: 'MIT',
    dependencies: {
      'abstract-level': '^3.1.0',
      'module-error': '^1.0.1',
      'napi-macros': '^2.2.2',
      'node-gyp-build': '^4.3.0',
    },
    engines: {
      node: '>=18',
    },
  },
  'node_modules/ieee754': {
    version: '1.2.1',
    integrity: 'sha512-dcyqhDvX1C46lXZcVqCpK+FtMRQVdIMN6/Df5js2zouUsqG7I6sFxitIC+7KYK29KdXOLHdu9zL4sFnoVQnqaA==',
    license: 'BSD-3-Clause',
  },
  'node_modules/is-buffer': {
    version: '2.0.5',
    integrity: 'sha512-i2R6zNFDwgEHJyQUtJEk0XFi1i0dPFn/oqjK3/vPCcDeJvW5NQ83V8QbicfF1SupOaB0h8ntgBC2YiE7dfyctQ==',
    license: 'MIT',
    engines: {
      node: '>=4',
    },
  },
  'node_modules/level-supports': {
    version: '6.2.0',
    integrity: 'sha512-QNxVXP0IRnBmMsJIh+sb2kwNCYcKciQZJEt+L1hPCHrKNELllXhvrlClVHXBYZVT+a7aTSM6StgNXdAldoab3w==',
    license: 'MIT',
    engines: {
      node: '>=16',
    },
  },
  'node_modules/level-transcoder': {
    version: '1.0.1',
    integrity: 'sha512-t7bFwFtsQeD8cl8NIoQ2iwxA0CL/9IFw7/9gAjOonH0PWTTiRfY7Hq+Ejbsxh86tXobDQ6IOiddjNYIfOBs06w==',
    license: 'MIT',
    dependencies: {
      buffer: '^6.0.3',
      'module-error': '^1.0.1',
    },
    engines: {
      node: '>=12',
    },
  },
  'node_modules/maybe-combine-errors': {
    version: '1.0.0',
    integrity: 'sha512-eefp6IduNPT6fVdwPp+1NgD0PML1NU5P6j1Mj5nz1nidX8/sWY7119WL8vTAHgqfsY74TzW0w1XPgdYEKkGZ5A==',
    license: 'MIT',
    engines: {
      node: '>=10',
    },
  },
  'node_modules/module-error': {
    version: '1.0.2',
    integrity: 'sha512-0yuvsqSCv8LbaOKhnsQ/T5JhyFlCYLPXK3U2sgV10zoKQwzs/MyfuQUOZQ1V/6OCOJsK/TRgNVrPuPDqtdMFtA==',
    license: 'MIT',
    engines: {
      node: '>=10',
    },
  },
  'node_modules/napi-macros': {
    version: '2.2.2',
    integrity: 'sha512-hmEVtAGYzVQpCKdbQea4skABsdXW4RUh5t5mJ2zzqowJS2OyXZTU1KhDVFhx+NlWZ4ap9mqR9TcDO3LTTttd+g==',
    license: 'MIT',
  },
  'node_modules/node-gyp-build': {
    version: '4.8.4',
    integrity: 'sha512-LA4ZjwlnUblHVgq0oBF3Jl/6h/Nvs5fzBLwdEF4nuxnFdsfajde4WfxtJr3CaiH+F6ewcIB/q4jQ4UzPyid+CQ==',
    license: 'MIT',
    bin: {
      'node-gyp-build': 'bin.js',
      'node-gyp-build-optional': 'optional.js',
      'node-gyp-build-test': 'build-test.js',
    },
  },
} as const
