// Holds a running server against openapi.yaml: each answer must be one that is described, and at
// the end each operation must have been asked.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Client, root, shopFolder } from './support.mjs';

const require = createRequire(join(shopFolder, 'package.json'));
const Ajv = require('ajv/dist/2020').default;
const { parse } = require('yaml');

const text = readFileSync(join(root, 'bindings', 'medusa', 'openapi.yaml'), 'utf8');
export const document = parse(text, { merge: true });

const METHODS = ['get', 'post', 'put', 'delete'];
const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
ajv.addSchema({ $id: 'document', ...document });

const resolved = (value) =>
  !value?.$ref
    ? value
    : resolved(
        value.$ref
          .slice(2)
          .split('/')
          .reduce((at, key) => at[key], document),
      );

/** { operationId, method, path, operation } of each. */
export const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({
    path,
    method: method.toUpperCase(),
    operation: item[method],
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
  })),
);

function operationOf(method, path) {
  const [bare] = path.split('?');
  const fitting = operations.filter((o) => o.method === method && o.pattern.test(bare));
  // A fixed path goes before one with a parameter.
  return fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

const validators = new Map();
const pointer = (key) => key.replace(/~/g, '~0').replace(/\//g, '~1');

function validatorOf(schema, key) {
  if (!validators.has(key)) {
    // References are to the document.
    const here = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'));
    validators.set(key, ajv.compile(here));
  }
  return validators.get(key);
}

const asked = new Map();

/** Fails the test when the answer is none that is described. */
export function check(method, path, { status, headers, body }) {
  const found = operationOf(method, path);
  assert.ok(found, `${method} ${path} is not described`);
  const { operation } = found;
  asked.set(operation.operationId, [...(asked.get(operation.operationId) ?? []), status]);
  const response = resolved(operation.responses[status] ?? operation.responses.default);
  const what = `${method} ${path}: ${status} ${JSON.stringify(body)?.slice(0, 600)}`;
  if (!operation.responses[status]) assert.ok([500, 503, 409, 400].includes(status), what);
  const [type, content] = Object.entries(response.content)[0];
  assert.ok(headers.get('content-type')?.startsWith(type), `${what}: not ${type}`);
  const schema = resolved(content.schema);
  if (type !== 'application/json') return;
  const valid = validatorOf(schema, `${operation.operationId} ${status} ${pointer(type)}`);
  assert.ok(valid(body), `${what}\n${JSON.stringify(valid.errors)}`);
}

export const unasked = () =>
  operations.map(({ operation }) => operation.operationId).filter((id) => !asked.has(id));

/** A client whose answers are all checked. */
export class CheckedClient extends Client {
  with(headers) {
    return new CheckedClient(this.base, { ...this.headers, ...headers });
  }

  async send(method, path, body, headers) {
    const answer = await super.send(method, path, body, headers);
    if (path.includes('/resource-booking')) check(method, path, answer);
    return answer;
  }
}
