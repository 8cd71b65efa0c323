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

function isShed(response, body) {
  return body !== null && SHED_CODES.includes(body.code) && 'Retry-After' in response.headers;
}

export class Client {
  constructor(api) {
    this.api = api;
  }

  putStock(sku, onHand) {
    const body = { on_hand: onHand, if_version: 0 };
    return this.#call('put_stock', 'PUT', `/v1/skus/${sku}/locations/default`, { body, expected: ['200', '201'] });
  }

  readSku(sku) {
    return this.#call('read_sku', 'GET', `/v1/skus/${sku}`, { expected: ['200'] });
  }

  reserve(key, body, expected) {
    return this.#call('reserve', 'POST', '/v1/reservations', { body, key, expected });
  }

  confirm(id, order) {
    return this.#call('confirm', 'POST', `/v1/reservations/${id}/confirm`, { body: { order }, expected: ['200'] });
  }

  release(id) {
    return this.#call('release', 'POST', `/v1/reservations/${id}/release`, { body: {}, expected: ['200'] });
  }

  // Being shed is a right answer of a server past its capacity, so the buyer comes back, with the same
  // key; whoever is shed every time goes home with that last answer.
  #call(name, method, path, { body, key, expected }) {
    for (let attempt = 1; ; attempt += 1) {
      const response = this.#send(name, method, path, body, key);
      const parsed = parse(response);
      if (isShed(response, parsed)) {
        shedAnswers.add(1);
        unexpectedAnswers.add(false, { call: name });
        if (attempt < ATTEMPTS) {
          sleep(Math.min(Number(response.headers['Retry-After']) || LONGEST_WAIT_S, LONGEST_WAIT_S));
          continue;
        }
        return { ok: false, shed: true, body: parsed };
      }
      const outcome = outcomeOf(response, parsed);
      const isExpected = expected.includes(outcome);
      unexpectedAnswers.add(!isExpected, { call: name });
      if (!isExpected) {
        console.error(`${name}: ${outcome}, expected ${expected.join(' or ')}: ${response.body}`);
      }
      return { ok: isExpected && response.status < 400, shed: false, body: parsed };
    }
  }

  #send(name, method, path, body, key) {
    const headers = {};
    if (body !== undefined) {
      headers['Content-Type'] = 'application/json';
    }
    if (key !== undefined) {
      headers['Idempotency-Key'] = key;
    }
    const payload = body === undefined ? null : JSON.stringify(body);
    return http.request(method, this.api + path, payload, { headers, tags: { name } });
  }
}
