/* count_load.c - a client with one kept-alive connection, for bench/instructions.
 * usage: count_load PORT hit|miss FIRST TIMES
 * Sends TIMES requests with a browser's head, one after the other: for /z/1024/hot (hit) or /z/1024/N, N from FIRST (miss).
 * Exits 1 unless every answer is a 200 with 1024 bytes of body. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BODY 1024

static int dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct timeval patience = {.tv_sec = 20};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	return fd;
}

static int ask(int fd, const char *path)
{
	char text[1024], in[8192];
	size_t have = 0, whole = 0;
	int n = snprintf(text, sizeof text,
	                 "GET %s HTTP/1.1\r\nHost: www.example.org\r\n"
	                 "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
	                 "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
	                 "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
	                 "Referer: http://www.example.org/articles/2025/\r\nConnection: keep-alive\r\n"
	                 "Upgrade-Insecure-Requests: 1\r\nPriority: u=0, i\r\nDNT: 1\r\n\r\n",
	                 path);

	if (write(fd, text, (size_t)n) != n)
		return -1;
	while (whole == 0 || have < whole) {
		ssize_t got = read(fd, in + have, sizeof in - 1 - have);
		char *end;

		if (got <= 0)
			return -1;
		have += (size_t)got;
		in[have] = '\0';
		end = strstr(in, "\r\n\r\n");
		if (whole == 0 && end != NULL)
			whole = (size_t)(end + 4 - in) + BODY;
	}
	return have == whole && memcmp(in, "HTTP/1.1 200", 12) == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
	char path[64] = "/z/1024/hot";
	long first, times;
	int fd;

	if (argc != 5)
		return 2;
	fd = dial(atoi(argv[1]));
	first = atol(argv[3]);
	times = atol(argv[4]);
	for (long i = 0; fd >= 0 && i < times; i++) {
		if (strcmp(argv[2], "miss") == 0)
			snprintf(path, sizeof path, "/z/1024/%ld", first + i);
		if (ask(fd, path) != 0) {
			fprintf(stderr, "count_load: answer %ld is not what it should be\n", i);
			return 1;
		}
	}
	return fd >= 0 ? 0 : 1;
}
