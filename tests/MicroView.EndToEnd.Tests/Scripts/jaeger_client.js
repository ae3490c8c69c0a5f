// OpenTelemetry's own remote sampler: node jaeger_client.js ENDPOINT SERVICE. Prints the share of traces that it keeps, again and again.
const { JaegerRemoteSampler } = require('@opentelemetry/sampler-jaeger-remote');
const { ROOT_CONTEXT, SpanKind } = require('@opentelemetry/api');
const { randomBytes } = require('crypto');

const nothing = { shouldSample: () => ({ decision: 0 }), toString: () => 'nothing' };
const sampler = new JaegerRemoteSampler({ endpoint: process.argv[2], serviceName: process.argv[3], initialSampler: nothing, poolingInterval: 200 });
setInterval(() => {
  let kept = 0;
  for (let i = 0; i < 2000; i++)
    kept += sampler.shouldSample(ROOT_CONTEXT, randomBytes(16).toString('hex'), 'root', SpanKind.SERVER, {}, []).decision === 2 ? 1 : 0;
  console.log(`share ${kept / 2000}`);
}, 200);
