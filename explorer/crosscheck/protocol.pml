/*
 * Dirty-page protocols against stores of the CPUs, for the model checker SPIN.
 *
 * One kernel thread looks twice for changed pages while CPUs store to them. Exactly one of these macros names what it does:
 *   CLEAR_NO_FLUSH        clear D, transfer, and never flush
 *   CLEAR_TRANSFER_FLUSH  clear D, transfer, flush
 *   CLEAR_FLUSH_TRANSFER  clear D in one atomic step, flush, transfer
 *   PLAIN_RMW             load the entry, store its clean form back, flush, transfer if the loaded value was dirty
 *   CHECK_THEN_PROTECT    CLEAR_FLUSH_TRANSFER, then: look at D, clear W, flush, drop the page if D was clean
 *   PROTECT_FLUSH_CHECK   CLEAR_FLUSH_TRANSFER, then: clear W, flush, look at D, drop the page if D is clean
 * Sizes: PAGES (1 or 2), CPUS (1 or 2), STORES (at most so many per CPU). Variations: FILL, EAGER_ACK (see below).
 *
 * Every statement is one step that interleaves with those of the others, unless atomic or d_step holds several together:
 * those stand for what hardware does in one go (a locked access to an entry, the load of a translation).
 */
#ifndef PAGES
#define PAGES 1
#endif
#ifndef CPUS
#define CPUS 1
#endif
#ifndef STORES
#define STORES 2
#endif
#define ROUNDS 2        /* a store that the first round misses must also escape the second */

/* The entry of each page in memory. It begins as a captured write left it: present, writable, dirty, nothing newer. */
bit P[PAGES] = 1, W[PAGES] = 1, D[PAGES] = 1;
bit mark[PAGES];        /* the bitmap in which the fault handler notes a page */

/* Ground truth, which no protocol reads. */
bit newer[PAGES];       /* the frame holds a write that the consumer has not captured */
bit dropped;            /* contents that were newer have been discarded */

/* The TLB of each CPU: valid, W and D of each cached entry. They are copies and do not follow the memory. */
#define E(cpu, page) ((cpu) * PAGES + (page))
bit tv[CPUS * PAGES], tw[CPUS * PAGES] = 1, td[CPUS * PAGES] = 1;

/* A flush: the kernel queues pages, sends to each CPU, and waits until each has acknowledged. */
bit queued[PAGES], sent[CPUS];

bit lock;               /* the page-table lock: it orders kernel code, but hardware does not know it */
bit kernelDone;
byte stopped;           /* CPUs that have ended */

#define ACQUIRE atomic { !lock -> lock = 1 }
#define RELEASE lock = 0

/* Acknowledge: the CPU forgets the queued pages and says so. */
inline acknowledge()
{
  d_step {
    sent[c] ->
    i = 0;
    do
    :: i < PAGES -> tv[E(c, i)] = tv[E(c, i)] && !queued[i]; i++
    :: else -> break
    od;
    i = 0; sent[c] = 0
  }
}

active [CPUS] proctype cpu()
{
  byte c = _pid, p, n, i;
  bit w, d;             /* the translation that the store in flight holds */

  /* CPU 0 made the write of the beginning. Its TLB still has W and D cached; that is set here and not played. */
  d_step { tv[E(c, 0)] = (c == 0); tv[E(c, PAGES - 1)] = (c == 0) };
next:                   /* which page the next store is to */
  if
  :: p = 0
  :: PAGES > 1 -> p = PAGES - 1
  fi;
between:                /* between two instructions: the only place where an interrupt is taken */
  if
  :: acknowledge(); goto between
#ifdef FILL             /* a read or a speculative walk caches an entry as it is, or the TLB runs short of room */
  :: d_step { !tv[E(c, p)] && P[p] -> tv[E(c, p)] = 1; tw[E(c, p)] = W[p]; td[E(c, p)] = D[p] }; goto between
  :: tv[E(c, p)] = 0; goto next
#endif
  :: kernelDone -> goto stop
  :: d_step {           /* lookup, on a miss a walk. Only this CPU changes its TLB, so that one step is no restriction. */
       n < STORES ->
       if
       :: !tv[E(c, p)] && P[p] -> tv[E(c, p)] = 1; tw[E(c, p)] = W[p]; td[E(c, p)] = D[p]
       :: else
       fi;
       w = tv[E(c, p)] && tw[E(c, p)]; d = w && td[E(c, p)]
     }
  fi;
  if
  :: w && !d ->         /* the entry in memory may have changed since it was cached, hence the second look at P and W */
     d_step {
       w = P[p] && W[p];
       if
       :: w -> D[p] = 1; tv[E(c, p)] = 1; tw[E(c, p)] = 1; td[E(c, p)] = 1
       :: else
       fi
     }
  :: else
  fi;
#ifdef EAGER_ACK        /* a defect on purpose: the store goes on with a translation whose removal has been acknowledged */
  if
  :: acknowledge()
  :: skip
  fi;
#endif
  if
  :: w -> d_step { newer[p] = 1; n++; w = 0; d = 0 }; goto next
  :: else               /* fault; it removes the cached entry that caused it */
  fi;
  tv[E(c, p)] = 0;
  do                    /* the store will start afresh, and the handler runs with interrupts on: an acknowledgment is fine */
  :: acknowledge()
  :: ACQUIRE -> break
  od;
  mark[p] = 1;
  d_step { P[p] = 1; W[p] = 1; D[p] = 1 };  /* a dropped page comes back as captured. No flush: rights only grow. */
  RELEASE;
  goto between;
stop:
  atomic { p = 0; stopped++ }
}

inline flush()          /* of the queued pages, on all CPUs */
{
  for (i : 0 .. CPUS - 1) { sent[i] = 1 }
  for (i : 0 .. CPUS - 1) { !sent[i] }
  for (i : 0 .. PAGES - 1) { queued[i] = 0 }
}

inline clear()          /* was[] tells which pages were dirty */
{
  ACQUIRE;
  for (p : 0 .. PAGES - 1) {
#ifdef PLAIN_RMW
    d_step { was[p] = D[p] || mark[p]; oldP = P[p]; oldW = W[p] };
    d_step { P[p] = oldP; W[p] = oldW; D[p] = 0; mark[p] = 0 };     /* whatever hardware has set meanwhile is gone */
#else
    d_step { was[p] = D[p] || mark[p]; D[p] = 0; mark[p] = 0 };
#endif
    queued[p] = 1
  }
  RELEASE
}

inline transfer()       /* a store during the copy counts as one after it, hence one step */
{
  for (p : 0 .. PAGES - 1) { d_step { newer[p] = newer[p] && !was[p]; was[p] = 0 } }
}

inline dropClean()      /* the lock is held throughout: the order of the steps is the only difference between the two */
{
  for (p : 0 .. PAGES - 1) {
    ACQUIRE;
#ifdef CHECK_THEN_PROTECT
    was[p] = D[p] || mark[p];
#endif
    W[p] = 0;
    queued[p] = 1;
    flush();
#ifdef PROTECT_FLUSH_CHECK
    was[p] = D[p] || mark[p];
#endif
    if
    :: P[p] && !was[p] -> d_step { P[p] = 0; D[p] = 0; mark[p] = 0; dropped = dropped || newer[p]; newer[p] = 0 }
    :: else
    fi;
    was[p] = 0;
    RELEASE
  }
}

active proctype kernel()    /* on a CPU of its own, which makes no stores and needs no flush */
{
  byte round, p, i;
  bit was[PAGES], oldP, oldW;

  for (round : 1 .. ROUNDS) {
    clear();
#if defined(CLEAR_NO_FLUSH)
    transfer()
#elif defined(CLEAR_TRANSFER_FLUSH)
    transfer(); flush()
#else
    flush(); transfer()
#endif
#if defined(CHECK_THEN_PROTECT) || defined(PROTECT_FLUSH_CHECK)
    ; dropClean()
#endif
  }
  kernelDone = 1;
  stopped == CPUS;      /* all has ended: what is newer must be known as dirty, or no later harvest will find it */
  for (p : 0 .. PAGES - 1) { assert(!newer[p] || D[p] || mark[p]) }
  assert(!dropped)
}
