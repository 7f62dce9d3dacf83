/*
 * What MinGW's C library takes from msvcrt.dll and Windows 5.2 does not have
 * in it: the x64 msvcrt.dll exports _difftime64 only since Windows Vista.
 * Linked into Lua's DLL before msvcrt.
 */

double ntvol_difftime64(long long end, long long start);
extern double (*const __imp__difftime64)(long long, long long);

double ntvol_difftime64(long long end, long long start) {
  return (double)(end - start);
}

/* Where a caller of the DLL's function looks for its address. */
double (*const __imp__difftime64)(long long, long long) = ntvol_difftime64;
