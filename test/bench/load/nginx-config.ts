/** nginx as a reference: a plain reverse proxy in one process, streams passed on at once, connections kept. */

/** The configuration; everything it writes goes below the folder. */
export function nginxConfig(folder: string, upstreamPort: number, port: number): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = paths.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ');
  return `daemon off;
master_process off;
worker_processes 1;
error_log ${folder}/nginx-error.log;
pid ${folder}/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  ${temporary}
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  upstream mock { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 100000000; keepalive_timeout 600s; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`;
}
