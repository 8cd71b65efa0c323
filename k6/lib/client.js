// Tidegate's HTTP contract as a buyer's client sees it: one function a call, problems parsed, and every
// answer judged against what the contract allows for that call. It must not know scenarios or sizes.

import http from 'k6/http';
import { sleep } from 'k6';
import { Counter, Rate } from 'k6/metrics';

const unexpectedAnswers = new Rate('unexpected_answers');
const shedAnswers = new Counter('shed_answers');

// A refusal is an answer: k6's own `http_req_failed` shall count what went wrong, not who came too late.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 409));

const SHED_CODES = ['overloaded', 'rate_limited'];
const ATTEMPTS = 5;
const LONGEST_WAIT_S = 1;

function parse(response) {
  try {
    return response.json();
  } catch (_) {
    return null;
  }
}

// `409 insufficient_stock` for a well-formed problem, `201` for a success, and otherwise a word on what
// is malformed, which no call expects.
function outcomeOf(response, body) {
  if (response.status === 0) {
    return `no answer: ${response.error}`;
  }
  if (body === null) {
    return `${response.status} without JSON`;
  }
  if (response.status < 400) {
    return String(response.status);
  }
  const type = response.headers['Content-Type'] || '';
  if (!type.startsWith('application/problem+json') || body.status !== response.status) {
    return `${response.status} without a problem`;
  }
  return `${response.status} ${body.code}`;
}

// One answer: whether it went through, whether it was shed, and the code of a refusal that was expected.
function judged(name, response, expected) {
  const body = parse(response);
  if (isShed(response, body)) {
    shedAnswers.add(1);
    unexpectedAnswers.add(false, { call: name });
    return { ok: false, shed: true, code: body.code, body, retryAfter_s: Number(response.headers['Retry-After']) };
  }
  const outcome = outcomeOf(response, body);
  const isExpected = expected.includes(outcome);
  unexpectedAnswers.add(!isExpected, { call: name });
  if (!isExpected) {
    console.error(`${name}: ${outcome}, expected ${expected.join(' or ')}: ${response.body}`);
  }
  const ok = isExpected && response.status < 400;
  return { ok, shed: false, code: isExpected && !ok ? body.code : undefined, body };
}

function isShed(response, body) {
  return body !== null && SHED_CODES.includes(body.code) && 'Retry-After' in response.headers;
}

export class Client {
  constructor(api) {
    this.api = api;
  }

  putStock(sku, onHand, location = 'default') {
    const body = { on_hand: onHand, if_version: 0 };
    return this.#call('put_stock', 'PUT', `/v1/skus/${sku}/locations/${location}`, { body, expected: ['200', '201'] });
  }

  putSku(sku, settings) {
    return this.#call('put_sku', 'PUT', `/v1/skus/${sku}`, { body: settings, expected: ['200', '201'] });
  }

  readSku(sku) {
    return this.#call('read_sku', 'GET', `/v1/skus/${sku}`, { expected: ['200'] });
  }

  readSkus(skus) {
    return this.#call('read_skus', 'GET', `/v1/skus?ids=${skus.join(',')}`, { expected: ['200'] });
  }

  // Its lines are the contract's objects.
  importStock(lines) {
    const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    return this.#call('import', 'POST', '/v1/stock/import', { body, type: 'application/x-ndjson', expected: ['200'] });
  }

  putSale(sale, settings) {
    return this.#call('put_sale', 'PUT', `/v1/sales/${sale}`, { body: settings, expected: ['200', '201'] });
  }

  readSale(sale) {
    return this.#call('read_sale', 'GET', `/v1/sales/${sale}`, { expected: ['200'] });
  }

  reserve(key, body, expected) {
    return this.#call('reserve', 'POST', '/v1/reservations', { body, key, expected });
  }

  // All of `[{ key, body }]` at the same time. What is shed stays shed.
  reserveAtOnce(asks, expected) {
    const requests = asks.map(({ key, body }) => this.#request('reserve', 'POST', '/v1/reservations', { body, key }));
    return http.batch(requests).map((response) => judged('reserve', response, expected));
  }

  confirm(id, body, expected = ['200']) {
    return this.#verb('confirm', id, body, expected);
  }

  release(id) {
    return this.#verb('release', id, {}, ['200']);
  }

  cancel(id) {
    return this.#verb('cancel', id, {}, ['200']);
  }

  paymentStarted(id, grace_ms, expected) {
    return this.#verb('payment-started', id, { grace_ms }, expected);
  }

  #verb(name, id, body, expected) {
    return this.#call(name, 'POST', `/v1/reservations/${id}/${name}`, { body, expected });
  }

  // Being shed is a right answer of a server past its capacity, so the buyer comes back, with the same
  // key; whoever is shed every time goes home with that last answer.
  #call(name, method, path, { body, key, type, expected }) {
    const request = this.#request(name, method, path, { body, key, type });
    for (let attempt = 1; ; attempt += 1) {
      const answer = judged(name, http.request(method, request.url, request.body, request.params), expected);
      if (!answer.shed || attempt === ATTEMPTS) {
        return answer;
      }
      sleep(Math.min(answer.retryAfter_s || LONGEST_WAIT_S, LONGEST_WAIT_S));
    }
  }

  #request(name, method, path, { body, key, type = 'application/json' }) {
    const headers = {};
    if (body !== undefined) {
      headers['Content-Type'] = type;
    }
    if (key !== undefined) {
      headers['Idempotency-Key'] = key;
    }
    const isText = body === undefined || typeof body === 'string';
    const payload = isText ? body || null : JSON.stringify(body);
    return { method, url: this.api + path, body: payload, params: { headers, tags: { name } } };
  }
}
