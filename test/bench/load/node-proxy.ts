/** The reference: the least that a reverse proxy on this Node.js does. Arguments: the upstream's port, its own port. */
import { Agent, createServer, request } from 'node:http';

const [upstreamPort, port] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1024 });

const server = createServer({ keepAlive: true, noDelay: true }, (incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const forward = request({ host: '127.0.0.1', port: upstreamPort, agent, method, path: url, headers }, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  });
  forward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => forward.destroy());
  incoming.pipe(forward);
});
server.keepAliveTimeout = 600_000;
server.listen(port, '127.0.0.1');
