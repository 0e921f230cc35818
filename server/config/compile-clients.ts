/** Clients: calling services, their identities and their models. Pure. */
import type { CompileScope } from './compile-scope.ts';
import type { Path } from './faults.ts';
import type { ClientConfig } from './schema.ts';
import type { Client } from './snapshot.ts';
import { suggestName } from './suggest.ts';

/** All clients, by name and by subject. */
export interface CompiledClients {
  readonly clients: ReadonlyMap<string, Client>;
  readonly clientsBySubject: ReadonlyMap<string, Client>;
}

/** Compiles all clients. */
export function compileClients(scope: CompileScope): CompiledClients {
  const clients = new Map<string, Client>();
  const clientsBySubject = new Map<string, Client>();
  if (scope.config.clients.size === 0) scope.report(['clients'], 'there is none; at least one is needed');
  for (const [name, written] of scope.config.clients) {
    const path: Path = ['clients', name];
    const models = compileGrants(written, path, scope);
    const client: Client = { name, team: written.team, models: new Set(models), modelNames: models };
    clients.set(name, client);
    for (const [subject, at] of subjectsOf(written, path)) {
      const owner = clientsBySubject.get(subject);
      if (owner !== undefined) scope.report(at, `${subject} belongs to client ${owner.name} already`);
      clientsBySubject.set(subject, client);
    }
    if (written.identity.spiffe.length + written.identity.dns.length === 0) {
      scope.report([...path, 'identity'], 'names nobody: give spiffe or dns');
    }
  }
  return { clients, clientsBySubject };
}

function subjectsOf({ identity }: ClientConfig, path: Path): readonly (readonly [string, Path])[] {
  const at = [...path, 'identity'];
  return [
    ...identity.spiffe.map((id, index) => [id, [...at, 'spiffe', index]] as const),
    ...identity.dns.map((name, index) => [`dns:${name.toLowerCase()}`, [...at, 'dns', index]] as const),
  ];
}

function compileGrants({ models }: ClientConfig, path: Path, { config, report }: CompileScope): readonly string[] {
  const granted = new Set<string>();
  for (const [index, name] of models.entries()) {
    const at = [...path, 'models', index];
    if (name.includes('*'))
      report(at, 'there are no wildcards: a new model must not be granted by accident; list the models');
    else if (!config.models.has(name))
      report(at, `there is no model "${name}"${suggestName(name, config.models.keys())}`);
    else if (granted.has(name)) report(at, `${name} is there twice`);
    granted.add(name);
  }
  return [...granted].sort();
}
