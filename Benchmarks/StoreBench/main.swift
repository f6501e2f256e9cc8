StoreBench.main()
