ReplayCommand.main()
