/*
 * Remembers what a loss of power would leave of the files of a database. Loaded before the C library: whenever a file whose name
 * holds POWER_LOSS_NAME is synchronised, its contents are copied to POWER_LOSS_FOLDER. What was written since is not there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void keep(int fd) {
  const char *folder = getenv("POWER_LOSS_FOLDER");
  const char *name = getenv("POWER_LOSS_NAME");
  char link[64], path[4096], part[4300], whole[4300];
  static char buffer[1 << 20];
  if (folder == NULL || name == NULL) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  char *base = strrchr(path, '/');
  if (base == NULL || strstr(base, name) == NULL) return;
  snprintf(part, sizeof part, "%s%s.part", folder, base);
  snprintf(whole, sizeof whole, "%s%s", folder, base);
  pthread_mutex_lock(&lock);
  int from = open(path, O_RDONLY | O_CLOEXEC);
  int to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (from >= 0 && to >= 0) {
    ssize_t got;
    while ((got = read(from, buffer, sizeof buffer)) > 0) if (write(to, buffer, got) != got) abort();
  }
  if (from >= 0) close(from);
  if (to >= 0) { close(to); rename(part, whole); }
  pthread_mutex_unlock(&lock);
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}

int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  if (result == 0) keep(fd);
  return result;
}
