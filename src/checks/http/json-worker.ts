import { parentPort } from 'node:worker_threads';
import { verdictOf, type JsonQuestion } from './json-query.js';

if (!parentPort) throw new Error('This file is a worker of checks/http/json-thread.ts.');
const port = parentPort;

port.on('message', (question: JsonQuestion) => {
  void verdictOf(question).then((verdict) => port.postMessage(verdict));
});
port.postMessage('ready');
