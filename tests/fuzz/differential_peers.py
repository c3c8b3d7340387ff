"""weir and the other proxies of tests/fuzz/differential: configured as plain as they can be, each in front of one origin, with the
client's Host passed on and nothing cached."""

import os
import pwd
import shutil
import socket
import subprocess
import time

WEIR = """[weir]
workers = 1
control = {dir}/weir.sock
[listen front]
address = 127.0.0.1:{port}
kind = reverse
pool = origin
[pool origin]
server = 127.0.0.1:{origin}
fail_timeout = 0
[log]
level = error
"""
NGINX = """daemon off; pid {dir}/nginx.pid; error_log {dir}/nginx.log; worker_processes 1; user {user};
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass http://127.0.0.1:{origin}; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection "";
  }} }}
}}
"""
HAPROXY = """global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:{port}
  default_backend origin
backend origin
  server one 127.0.0.1:{origin}
"""
APACHE = """ServerRoot {dir}
PidFile {dir}/apache.pid
DefaultRuntimeDir {dir}
Mutex file:{dir}
ErrorLog {dir}/apache.log
ServerName site.test
Listen 127.0.0.1:{port}
User {user}
Group {group}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
StartServers 1
ProxyPreserveHost On
AllowEncodedSlashes NoDecode
ProxyPass / http://127.0.0.1:{origin}/ nocanon
"""
SQUID = """http_port 127.0.0.1:{port} accel vhost defaultsite=site.test
cache_peer 127.0.0.1 parent {origin} 0 no-query no-digest originserver no-netdb-exchange name=origin connect-fail-limit=1000
acl everybody src all
http_access allow everybody
never_direct allow everybody
cache deny everybody
access_log none
cache_log {dir}/squid.log
pid_filename {dir}/squid.pid
coredump_dir {dir}
visible_hostname site.test
shutdown_lifetime 0 seconds
pinger_enable off
cache_effective_user {user}
"""
VARNISH = """vcl 4.1;
backend origin {{ .host = "127.0.0.1"; .port = "{origin}"; }}
sub vcl_recv {{ return (pass); }}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def unprivileged():
    for name in ("proxy", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            pass
    return "root"


def weir(d, port, origin):
    return [os.environ["WEIR"], "-c", write(d, "weir.ini", WEIR, port, origin)]


def nginx(d, port, origin):
    return ["nginx", "-e", d + "/nginx.log", "-c", write(d, "nginx.conf", NGINX, port, origin)]


def haproxy(d, port, origin):
    return ["haproxy", "-db", "-f", write(d, "haproxy.cfg", HAPROXY, port, origin)]


def apache2(d, port, origin):
    return ["apache2", "-DFOREGROUND", "-f", write(d, "apache.conf", APACHE, port, origin)]


def squid(d, port, origin):
    return ["squid", "-N", "-n", "differential%d" % port, "-f", write(d, "squid.conf", SQUID, port, origin)]


def varnishd(d, port, origin):
    vcl = write(d, "default.vcl", VARNISH, port, origin)
    return ["varnishd", "-F", "-j", "none", "-n", d + "/varnish", "-a", "127.0.0.1:%d" % port, "-f", vcl, "-s", "malloc,16M"]


PEERS = (nginx, haproxy, apache2, squid, varnishd)


def write(d, name, text, port, origin):
    path = os.path.join(d, name)
    user = unprivileged()
    group = "nogroup" if user == "nobody" else user
    with open(path, "w", encoding="ascii") as f:
        f.write(text.format(dir=d, port=port, origin=origin, user=user, group=group, modules="/usr/lib/apache2/modules"))
    return path


class Proxy:
    """One running proxy and its origin."""

    def __init__(self, make, scratch, origin):
        self.name = make.__name__
        self.origin, self.port = origin, free_port()
        self.dir = os.path.join(scratch, self.name)
        os.mkdir(self.dir)
        if os.getuid() == 0 and self.name != "weir":
            shutil.chown(self.dir, unprivileged())
        command = make(self.dir, self.port, origin.port)
        with open(os.path.join(self.dir, "output"), "wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.dir)

    def wait(self, until):
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                time.sleep(0.05)
        return False

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
