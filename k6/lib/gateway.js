// The gateway as shoppers meet it: one call a request, its answer told in one word, counted by class, and told to whoever
// judges the run. The platform's faults are set here too. It must not know scenarios.

import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import { positiveInteger } from './settings.js';

const gateway = __ENV.GATEWAY || 'http://127.0.0.1:7780';
const control = __ENV.CONTROL || 'http://127.0.0.1:9001';
// Whoever judges a run from outside wants each answer, and not only what k6 makes of them all.
const tellsAnswers = __ENV.ANSWERS === '1';
const PATIENCE = '10s';

// What the platform can do in a second; the loads are multiples of it.
export const capacityPerS = positiveInteger('CAPACITY', { full: 200, short: 200 });

const PATHS = {
  payment: '/payments/',
  checkout: '/checkout/',
  browse: '/browse/',
  non_essential: '/recommendations/',
  admin: '/admin/',
};

// Of a hundred requests: at five times the capacity, payment and checkout together are six tenths of it.
const MIX = [
  ['payment', 3],
  ['checkout', 9],
  ['browse', 58],
  ['non_essential', 25],
  ['admin', 5],
];
const CROWD = MIX.flatMap(([name, part]) => Array(part).fill(name));

export const answers = new Counter('answers');
export const served = new Rate('served');
export const servedTook_ms = new Trend('served_took_ms', true);

// A refusal is an answer of a gateway past its platform's capacity, and no failure of a run.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 599 }));

function inOneWord(response) {
  if (response.status === 0) {
    return 'no_answer';
  }
  if (response.status < 400) {
    return 'ok';
  }
  return response.json('reason') || response.json('code') || `status_${response.status}`;
}

// One request of a class by a client, who is known by its API key.
export function ask(name, client) {
  const sentMs = Date.now();
  const params = { headers: { 'X-Api-Key': client }, tags: { name }, timeout: PATIENCE };
  const response = http.get(`${gateway}${PATHS[name]}${client}`, params);
  const word = inOneWord(response);
  const tags = { class: name, phase: exec.scenario.name };
  answers.add(1, tags);
  served.add(word === 'ok', tags);
  if (word === 'ok') {
    servedTook_ms.add(response.timings.duration, tags);
  }
  if (tellsAnswers) {
    console.log(`answer,${sentMs},${exec.scenario.name},${name},${word},${response.timings.duration}`);
  }
}

// The next one of the crowd: classes by MIX and many clients, drawn anew in each run.
export function crowd() {
  ask(CROWD[Math.floor(Math.random() * CROWD.length)], `shopper-${Math.floor(Math.random() * 20_000)}`);
}

// Changes the platform from now on; the word goes to whoever judges the run.
export function setPlatform(word, change) {
  const response = http.post(`${control}/set`, JSON.stringify(change));
  if (response.status !== 200) {
    exec.test.abort(`cannot set the platform at ${control}: ${response.status} ${response.body}`);
  }
  if (tellsAnswers) {
    console.log(`mark,${Date.now()},${word}`);
  }
}

// An open loop of `factor` times the capacity: who comes does not wait for those before.
export function arrivals(factor, start_s, duration_s, fn = 'shopper') {
  const rate = Math.round(capacityPerS * factor);
  return {
    executor: 'constant-arrival-rate',
    exec: fn,
    rate,
    startTime: `${start_s}s`,
    duration: `${duration_s}s`,
    preAllocatedVUs: Math.min(300, Math.max(50, rate)),
    maxVUs: 1_500,
  };
}

// Something that is done once.
export function once(fn, at_s) {
  return { executor: 'shared-iterations', exec: fn, vus: 1, iterations: 1, startTime: `${at_s}s` };
}
