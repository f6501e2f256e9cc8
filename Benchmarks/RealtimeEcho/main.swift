RealtimeEcho.main()
