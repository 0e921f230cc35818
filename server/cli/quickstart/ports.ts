/** Ports for a quickstart: the well-known ones where they are free. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { DEFAULT_PORTS, type QuickstartPorts } from './config.ts';

/** @param grpc the port that the user wants; undefined: the default one, or a free one if that is taken. */
export async function choosePorts(grpc: number | undefined): Promise<QuickstartPorts> {
  const freeOr0 = async (port: number) => ((await isFree(port)) ? port : 0);
  if (grpc === 0) return { grpc, adminHttp: 0, adminGrpc: 0 };
  return {
    grpc: grpc ?? (await freeOr0(DEFAULT_PORTS.grpc)),
    adminHttp: await freeOr0(DEFAULT_PORTS.adminHttp),
    adminGrpc: await freeOr0(DEFAULT_PORTS.adminGrpc),
  };
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
    return true;
  } catch {
    return false; // Taken, or not ours to take: both mean another one.
  } finally {
    probe.close();
  }
}
