@echo off
rem The command ntvol, with the Lua and the modules beside this file, whatever
rem the current folder is and whatever another Lua needs in the environment.
setlocal
set "LUA_INIT="
set "LUA_INIT_5_4="
set "LUA_PATH="
set "LUA_PATH_5_4="
set "LUA_CPATH="
set "LUA_CPATH_5_4="
"%~dp0lua.exe" "%~dp0bin\ntvol" %*
exit /b %ERRORLEVEL%
